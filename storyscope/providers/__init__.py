"""Language models behind one small interface: Claude, and whatever speaks the OpenAI chat protocol.

>>> from storyscope.providers import service_of
>>> service_of("claude-sonnet-5-5").key
'ANTHROPIC_API_KEY'
"""

from storyscope.providers.base import Message, Provider, Reply, Request
from storyscope.providers.services import Service, connect, service_of

__all__ = ["Message", "Provider", "Reply", "Request", "Service", "connect", "service_of"]
