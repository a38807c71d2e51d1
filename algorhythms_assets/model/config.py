"""Every hyperparameter of training, with the reason for its value; measurements are in `docs/log.md`."""

from pydantic import BaseModel, Field


class GcnConfig(BaseModel):
    """How the graph network and the factors are trained."""

    dimension: int = Field(128, ge=2, le=1024, description="of a vector; 10 loses a fifth of R-precision")
    layers: int = Field(2, ge=0, le=4, description="layers of propagation; 0 loses a tenth, 3 are no better than 2")
    epochs: int = Field(
        12, ge=1, le=500, description="maximum; the best epoch on validation playlists is kept; 15 are no better"
    )
    steps_per_epoch: int = Field(
        9, ge=1, description="regardless of the number of playlists: each costs a pass over the whole graph"
    )
    batch: int = Field(
        128,
        ge=2,
        description="maximum playlists per batch, which are each other's negatives; 512 are worse, 64 as good",
    )
    learning_rate: float = Field(0.01, gt=0, description="peak of Adam's one-cycle schedule")
    temperature: float = Field(0.1, gt=0, description="of the softmax; 0.05 and 0.2 are worse")
    max_seeds: int = Field(25, ge=1, description="a training query is the mean of 1 to this many tracks of a playlist")
    max_targets: int = Field(
        100, ge=1, description="maximum number of other tracks of the playlist to predict; 20 are worse, 250 no better"
    )
    id_dropout: float = Field(
        0.3,
        ge=0,
        lt=1,
        description="how often a track's own embedding is dropped, leaving artist, album and neighbours",
    )
    validation_playlists: int = Field(
        1000, ge=0, description="maximum number of playlists that select the epoch; fewer with over 800,000 tracks"
    )
    factors: int = Field(
        0,
        ge=0,
        le=1024,
        description="length of a track's factors; 0 chooses 128, from 2,000 training playlists on 256",
    )
    factor_iterations: int = Field(
        10, ge=1, le=100, description="of alternating least squares, which has converged by then"
    )
    regularization: float = Field(2.0, gt=0, description="of the factors; 5 loses 8 % of their R-precision")
    unobserved: float = Field(0.025, gt=0, le=1, description="weight of a track that is not in the playlist")
    seed: int = Field(0, description="of everything random")


class MlpConfig(BaseModel):
    """How the network from audio features to vectors is trained."""

    hidden: int = Field(64, ge=1, description="units of the hidden layer")
    epochs: int = Field(60, ge=1, le=10_000, description="maximum; the best epoch on held-out tracks is kept")
    batch: int = Field(256, ge=1, description="tracks per step")
    learning_rate: float = Field(0.01, gt=0, description="of Adam")
    held_out: float = Field(0.1, gt=0, lt=1, description="share of artists whose tracks decide when to stop")
    seed: int = Field(0, description="of everything random")
