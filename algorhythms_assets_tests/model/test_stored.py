import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import EMBEDDINGS
from algorhythms_assets.model.stored import FACTORS_KEY, load_embeddings, stored_dimension, stored_factors
from algorhythms_assets.resources.store import InputError, Store


def written(tmp_path, metadata):
    store = Store(tmp_path)
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    field = pa.field("embedding", pa.list_(pa.float32(), 4), metadata=metadata)
    columns = [pa.array([1, 4, 7], pa.int32()), pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 4)]
    table = pa.table(columns, schema=pa.schema([pa.field("track", pa.int32()), field]))
    pq.write_table(table, store.path(EMBEDDINGS))
    return store, vectors


def test_vectors_come_back_with_their_number_of_factors(tmp_path):
    store, vectors = written(tmp_path, {FACTORS_KEY: "2"})
    numbers, found = load_embeddings(store)
    assert (stored_dimension(store), stored_factors(store)) == (4, 2)
    assert numbers.tolist() == [1, 4, 7]
    np.testing.assert_array_equal(found, vectors)


@pytest.mark.parametrize("metadata", [None, {"other": "2"}])
def test_vectors_of_an_earlier_version_say_what_to_do(tmp_path, metadata):
    store, _ = written(tmp_path, metadata)
    with pytest.raises(InputError, match="materialize gcn_weights and embeddings again"):
        stored_factors(store)
