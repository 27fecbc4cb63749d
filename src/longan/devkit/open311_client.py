"""What the service knows of the local Open311 endpoint: the file that LONGAN_HANDOVER_ENDPOINTS names."""

import json
import os
from pathlib import Path
from typing import Any

from longan.devkit.open311 import DEVELOPMENT_KEY

FILE = "handover_endpoints.json"
JURISDICTION = "longanso.example.vn"


def registration(base_url: str, key: str) -> dict[str, Any]:
    """This endpoint as LONGAN_HANDOVER_ENDPOINTS' file describes it."""
    return {
        "id": "long_an_so", "name": "Long An Số (giả)", "url": f"{base_url.rstrip('/')}/longanso/v2", "api_key": key,
        "jurisdiction_id": JURISDICTION, "format": "xml", "lists_at_once": True,
        "services": {"ha_tang": {"service_code": "001", "attributes": {"loai": "LOAI"}},
                     "moi_truong": {"service_code": "002"}},
    }  # fmt: skip


def kept(file: Path, base_url: str) -> None:
    """Write `file` for the endpoint at `base_url` (the port may differ from start to start)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps({"endpoints": [registration(base_url, DEVELOPMENT_KEY)]}, ensure_ascii=False, indent=2))
    draft.replace(file)
