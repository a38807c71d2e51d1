"""Light graph convolution of all layers at once (He et al., "LightGCN", SIGIR 2020), for the nodes asked for.

PyTorch Geometric's LGConv gives the same, one layer at a time, for all nodes. A step of training asks for a part of the
graph: the last layer is computed for that part alone, and its gradient reads that part alone.
"""

from typing import Any

import numba
import torch
from torch import Tensor


class LightPropagation(torch.autograd.Function):
    """rows of x + A x + … + A^layers x: float32 [rows, dimension].

    `x` is float32 [nodes, dimension]; `matrix` is A, symmetric, as CSR with int32 indices; `rows` are int64, distinct.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, layers: int, rows: Tensor) -> Tensor:
        """Called by `apply`."""
        ctx.matrix, ctx.layers, ctx.rows = matrix, layers, rows
        total = x[rows]
        for layer in range(1, layers + 1):
            if layer == layers:
                return total + _product_rows(matrix, x, rows)
            x = _product(matrix, x)
            total += x[rows]
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """Called by `Tensor.backward`."""
        given = gradients[0].contiguous()
        found = given.new_zeros(len(ctx.matrix), given.shape[1])
        for layer in range(ctx.layers):
            found = _product(ctx.matrix, found) if layer else _product_of_rows(ctx.matrix, given, ctx.rows)
            # The rows are distinct, so none is added to twice.
            found[ctx.rows] += given
        if not ctx.layers:
            found[ctx.rows] = given
        return found, None, None, None


def _product(matrix: Tensor, x: Tensor) -> Tensor:
    """Returns matrix @ x."""
    return _product_rows(matrix, x, torch.arange(len(matrix), device=x.device))


def _product_rows(matrix: Tensor, x: Tensor, rows: Tensor) -> Tensor:
    """Returns (matrix @ x)[rows]."""
    if x.is_cuda:
        return (matrix @ x)[rows]
    out = torch.empty(len(rows), x.shape[1])
    starts, neighbours, weights = _arrays(matrix)
    _add_neighbours(starts, neighbours, weights, x.detach().contiguous().numpy(), rows.numpy(), out.numpy())
    return out


def _product_of_rows(matrix: Tensor, given: Tensor, rows: Tensor) -> Tensor:
    """Returns matrix @ x, where x is `given` in the rows and zero elsewhere."""
    if given.is_cuda:
        return matrix @ given.new_zeros(len(matrix), given.shape[1]).index_copy_(0, rows, given)
    place = torch.full((len(matrix),), -1, dtype=torch.int32)
    place[rows] = torch.arange(len(rows), dtype=torch.int32)
    out = torch.empty(len(matrix), given.shape[1])
    starts, neighbours, weights = _arrays(matrix)
    _add_given(starts, neighbours, weights, given.numpy(), place.numpy(), out.numpy())
    return out


def _arrays(matrix: Tensor) -> tuple[Any, Any, Any]:
    return matrix.crow_indices().numpy(), matrix.col_indices().numpy(), matrix.values().numpy()


@numba.njit(cache=True, parallel=True, fastmath=True)
def _add_neighbours(starts, neighbours, weights, x, rows, out):  # type: ignore[no-untyped-def]
    # Four neighbours at a time, so that their reads from memory overlap: over twice as fast as MKL's product.
    for row in numba.prange(len(rows)):
        total = out[row]
        total[:] = 0
        edge, end = starts[rows[row]], starts[rows[row] + 1]
        while edge + 4 <= end:
            a, b, c, d = weights[edge], weights[edge + 1], weights[edge + 2], weights[edge + 3]
            x_a, x_b = x[neighbours[edge]], x[neighbours[edge + 1]]
            x_c, x_d = x[neighbours[edge + 2]], x[neighbours[edge + 3]]
            for i in range(x.shape[1]):
                total[i] += a * x_a[i] + b * x_b[i] + c * x_c[i] + d * x_d[i]
            edge += 4
        while edge < end:
            weight, x_a = weights[edge], x[neighbours[edge]]
            for i in range(x.shape[1]):
                total[i] += weight * x_a[i]
            edge += 1


@numba.njit(cache=True, parallel=True, fastmath=True)
def _add_given(starts, neighbours, weights, given, place, out):  # type: ignore[no-untyped-def]
    for node in numba.prange(len(starts) - 1):
        total = out[node]
        total[:] = 0
        for edge in range(starts[node], starts[node + 1]):
            at = place[neighbours[edge]]
            if at >= 0:
                weight, row = weights[edge], given[at]
                for i in range(given.shape[1]):
                    total[i] += weight * row[i]
