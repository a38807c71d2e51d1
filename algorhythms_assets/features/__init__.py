"""Audio features, and how they become network inputs."""
