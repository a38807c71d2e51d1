"""Light graph convolution of all layers at once (He et al., "LightGCN", SIGIR 2020), for the requested nodes.

PyTorch Geometric's LGConv gives the same, one layer at a time, for all nodes. A training step needs only a part of the
graph, so the last layer is computed for that part only. Gradients are computed here too, since autograd would keep what
is not needed any more: these are the largest tensors of a step.
"""

import torch
from torch import Tensor
from torch.nn import functional

# Shorter vectors are not scaled to unit length: they have no meaningful direction.
_LEAST = 1e-12

_ROWS_AT_ONCE = 1 << 16


def propagated(
    x: Tensor, matrix: Tensor, layers: int, rows: Tensor | None = None, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Returns rows of x + A x + … + A^layers x, scaled to unit length, and their lengths before.

    They are float32 [rows, dimension] and [rows, 1]. `x` is float32 [nodes, dimension]; `matrix` is A, symmetric, as
    CSR with int32 indices; `rows` are int64, distinct, or None for all. On a CPU, neighbours' values are read in the
    precision of `dtype`, and summed in float32.
    """
    total = x.clone() if rows is None else x[rows]
    hop = x if x.is_cuda else x.to(dtype)
    for layer in range(1, layers + 1):
        if layer == layers:
            _add(total, _product_rows(matrix, hop, rows))
        else:
            hop = _product(matrix, hop)
            _add(total, hop if rows is None else hop[rows])
    lengths = total.norm(dim=1, keepdim=True).clamp_(min=_LEAST)
    total /= lengths
    return total, lengths


def _add(total: Tensor, more: Tensor) -> None:
    # In parts: a tensor of lower precision would otherwise be converted, and thus copied, as a whole.
    for part, of_more in zip(total.split(_ROWS_AT_ONCE), more.split(_ROWS_AT_ONCE), strict=True):
        part += of_more


def across(gradient: Tensor, unit: Tensor, lengths: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Returns the gradient of the vectors before they were scaled, given that of the unit vectors.

    All are [rows, dimension], but `lengths`, [rows, 1]; the result is in the precision of `dtype`, on a CPU.
    """
    found = gradient.new_empty(gradient.shape, dtype=gradient.dtype if gradient.is_cuda else dtype)
    for part, given, z, length in zip(*(t.split(_ROWS_AT_ONCE) for t in (found, gradient, unit, lengths)), strict=True):
        part.copy_((given - z * (z * given).sum(dim=1, keepdim=True)) / length)
    return found


def propagated_back(gradient: Tensor, matrix: Tensor, layers: int, rows: Tensor) -> Tensor:
    """Returns the gradient of x, float32 [nodes, dimension], given that of the rows of the sum of its layers.

    `gradient`, [rows, dimension], is in the precision in which neighbours are read. bfloat16 has the range of float32,
    so nothing underflows.
    """
    found = gradient.new_zeros(len(matrix), gradient.shape[1])
    # The rows are distinct, so each is added to at most once.
    found[rows] = gradient
    for _ in range(layers):
        found = _product(matrix, found)
        found.index_add_(0, rows, gradient)
    return found.float()


def _product(matrix: Tensor, x: Tensor) -> Tensor:
    """Returns matrix @ x."""
    if x.is_cuda:
        return matrix @ x
    return _weighted_sums(matrix.crow_indices(), matrix.col_indices(), matrix.values(), x)


def _product_rows(matrix: Tensor, x: Tensor, rows: Tensor | None) -> Tensor:
    """Returns (matrix @ x)[rows]."""
    if rows is None:
        return _product(matrix, x)
    # Extracting more rows than that from the matrix takes memory and saves little.
    if x.is_cuda or len(rows) > len(matrix) // 4:
        return _product(matrix, x)[rows]
    starts = matrix.crow_indices()
    counts = starts[rows + 1] - starts[rows]
    ends = functional.pad(counts.cumsum(0, dtype=torch.int32), (1, 0))
    places = torch.arange(int(ends[-1])) + (starts[rows] - ends[:-1]).repeat_interleave(counts)
    return _weighted_sums(ends, matrix.col_indices()[places], matrix.values()[places], x)


def _weighted_sums(starts: Tensor, neighbours: Tensor, weights: Tensor, x: Tensor) -> Tensor:
    """Returns, for each row, the sum of its neighbours' rows of x times their weights."""
    rows = len(starts) - 1
    found = x.new_empty(rows, x.shape[1])
    # torch's kernel for bags of words is faster than that for sparse matrices, but sums into a copy in float32.
    for first in range(0, rows, _ROWS_AT_ONCE):
        bounds = starts[first : first + _ROWS_AT_ONCE + 1]
        own = slice(int(bounds[0]), int(bounds[-1]))
        found[first : first + _ROWS_AT_ONCE] = functional.embedding_bag(
            neighbours[own],
            x,
            bounds - bounds[0],
            mode="sum",
            per_sample_weights=weights[own].to(x.dtype),
            include_last_offset=True,
        )
    return found
