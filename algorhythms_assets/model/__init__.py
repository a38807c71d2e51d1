"""The graph network that gives every track a vector, and the network that places tracks outside the graph."""
