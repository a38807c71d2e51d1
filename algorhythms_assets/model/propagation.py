"""Light graph convolution of all layers at once (He et al., "LightGCN", SIGIR 2020), for the requested nodes.

PyTorch Geometric's LGConv gives the same, one layer at a time, for all nodes. A training step needs only a part of the
graph, so the last layer is computed for that part only.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# A vector that is shorter is not scaled to unit length: it has no direction.
_LEAST = 1e-12

_ROWS_AT_ONCE = 1 << 16


class LightPropagation(torch.autograd.Function):
    """Rows of x + A x + … + A^layers x, scaled to unit length: float32 [rows, dimension].

    `x` is float32 [nodes, dimension]; `matrix` is A, symmetric, as CSR with int32 indices; `rows` are int64, distinct,
    or None for all. On a CPU, neighbours' values are read in the precision of `dtype`, and summed in float32.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, layers: int, rows: Tensor | None, dtype: torch.dtype) -> Tensor:
        """Called by `apply`."""
        dtype = x.dtype if x.is_cuda else dtype
        ctx.matrix, ctx.layers, ctx.rows, ctx.dtype = matrix, layers, rows, dtype
        total = x.clone() if rows is None else x[rows]
        hop = x.to(dtype)
        for layer in range(1, layers + 1):
            if layer == layers:
                total += _product_rows(matrix, hop, rows)
            else:
                hop = _product(matrix, hop)
                total += hop if rows is None else hop[rows]
        lengths = total.norm(dim=1, keepdim=True).clamp_(min=_LEAST)
        total /= lengths
        ctx.save_for_backward(total, lengths)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        """Called by `Tensor.backward`."""
        unit, lengths = ctx.saved_tensors
        given = gradients[0].new_empty(unit.shape, dtype=ctx.dtype)
        # By parts, for these are the largest tensors of a step. bfloat16 has the range of float32: nothing underflows.
        parts = (tensor.split(_ROWS_AT_ONCE) for tensor in (given, gradients[0], unit, lengths))
        for part, gradient, z, length in zip(*parts, strict=True):
            part.copy_((gradient - z * (z * gradient).sum(dim=1, keepdim=True)) / length)
        rows = slice(None) if ctx.rows is None else ctx.rows
        found = given.new_zeros(len(ctx.matrix), given.shape[1])
        # The rows are distinct, so each is added to at most once.
        found[rows] = given
        for _ in range(ctx.layers):
            found = _product(ctx.matrix, found)
            found[rows] += given
        return found.float(), None, None, None, None


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
    # torch's kernel for bags of words is faster than that for sparse matrices.
    return functional.embedding_bag(
        neighbours, x, starts, mode="sum", per_sample_weights=weights.to(x.dtype), include_last_offset=True
    )
