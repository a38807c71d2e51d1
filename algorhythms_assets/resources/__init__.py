"""What the stages stand on: the store, the engine, the compute that runs payloads, the index builder."""
