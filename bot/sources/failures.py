"""Which trouble of the network means what: every error of the library as a SourceError with a cause and a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLCertVerificationError

import aiohttp

from bot.domain.errors import Malformed, SourceError, Unavailable
from bot.sources.addresses import REFUSED, private_address


@contextmanager
def translating(host: str) -> Iterator[None]:
    """The only place that knows the network library's errors; order matters, several inherit from others."""
    try:
        yield
    except SourceError:
        raise
    except TimeoutError:
        raise Unavailable("timeout", f"{host} did not answer completely in time: it may be slow or down") from None
    except aiohttp.ClientConnectorDNSError:
        raise Unavailable(
            "dns", f"the name {host} cannot be resolved: check its spelling and this machine's DNS"
        ) from None
    except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
        raise Unavailable("tls", f"no secure connection to {host}: {_certificate(error)}") from None
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError):
        raise Unavailable(
            "proxy", f"the proxy on the way to {host} cannot be reached or refuses: check the feed's proxy"
        ) from None
    except aiohttp.ClientConnectorError as error:
        raise _unconnected(error.os_error, host) from None
    except aiohttp.InvalidURL:
        raise Malformed("bad_url", f"the address on {host} cannot be asked for: check how it is written") from None
    except aiohttp.ClientPayloadError:
        raise Unavailable(
            "truncated", f"{host} broke off in the middle of its answer: a later try may succeed"
        ) from None
    except aiohttp.ClientResponseError:
        raise Unavailable("bad_http", f"{host} does not answer in proper HTTP, or with too large headers") from None
    except (aiohttp.ClientError, OSError):
        raise Unavailable("network", f"the connection to {host} broke: a later try may succeed") from None
    except (ValueError, UnicodeError):
        raise Malformed("bad_url", f"the address on {host} cannot be asked for: check how it is written") from None


def _unconnected(error: OSError, host: str) -> SourceError:
    if REFUSED in str(error):
        return private_address(host)
    if error.errno == errno.ECONNREFUSED:
        return Unavailable(
            "refused", f"{host} refuses the connection: its web server may be down, or the port is wrong"
        )
    if isinstance(error, ConnectionError):
        return Unavailable("network", f"{host} broke the connection off at its beginning: a later try may succeed")
    return Unavailable("unreachable", f"{host} cannot be reached: it or the network between may be down")


def _certificate(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(inner, SSLCertVerificationError):
        return f"its certificate is not valid ({inner.verify_message}); the publisher must renew it"
    return "its TLS does not fit; try the address with http:// or tell the publisher"


def too_big(host: str, limit: int) -> Malformed:
    return Malformed("too_big", f"the document from {host} is larger than {limit // 1024} KiB: no feed needs that")
