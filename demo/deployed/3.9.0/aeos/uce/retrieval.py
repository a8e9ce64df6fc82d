"""Retrieval: the passages of a collection that answer a question, the best first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qdrant_client import QdrantClient

from aeos.telemetry import traced, watch
from aeos.uce.providers import Embedder

CANDIDATES = 40
"""Passages that the index finds; reranking leaves the best of them."""


@dataclass
class Hit:
    """A passage, and how near it is."""

    text: str
    score: float
    payload: dict[str, Any] = field(default_factory=dict)


class Retriever:
    """Questions to one collection."""

    def __init__(self, index: QdrantClient, embedder: Embedder, collection: str) -> None:
        self._index = index
        self._embedder = embedder
        self._collection = collection

    @traced
    async def retrieve(self, question: str, top_k: int = 8) -> list[Hit]:
        """The `top_k` passages that answer a question best."""
        vector = await self.embed(question)
        hits = await self.search(vector, top_k=CANDIDATES)
        return await self.rerank(question, hits, top_k)

    @traced
    async def embed(self, text: str) -> list[float]:
        """The direction of a text."""
        return await self._embedder.embed(text.strip().lower())

    @traced
    async def search(self, vector: list[float], top_k: int) -> list[Hit]:
        """What lies near a direction."""
        hits = self._index.search(vector, limit=top_k)
        watch("retrieval.hits", len(hits))
        return [Hit(hit.payload["text"], hit.score, hit.payload) for hit in hits]

    @traced
    async def rerank(self, question: str, hits: list[Hit], top_k: int) -> list[Hit]:
        """The best hits by the words they share with the question."""
        words = set(question.lower().split())
        for hit in hits:
            shared = words & set(hit.text.lower().split())
            hit.score += 0.1 * len(shared) / max(len(words), 1)
        hits.sort(key=lambda hit: hit.score, reverse=True)
        return hits[:top_k]
