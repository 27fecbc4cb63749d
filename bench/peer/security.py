"""The caller: a bearer token, read by PyJWT, and the account behind it (FastAPI: "OAuth2 with JWT tokens")."""

import os
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from .database import Session
from .models import Account

SECRET_KEY = os.environ["PEER_SECRET"]
ALGORITHM = "HS256"
REFUSED = HTTPException(status.HTTP_401_UNAUTHORIZED, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
cipher = AESGCM(bytes.fromhex(os.environ["PEER_PHONE_KEY"]))


@dataclass
class Caller:
    account: Account
    acr: int


def open_phone(account: Account) -> str:
    """The number as it lies in the shared database: key id, dot, nonce, cipher text."""
    sealed = account.phone_cipher.split(b".", 1)[1]
    return cipher.decrypt(sealed[:12], sealed[12:], account.id.bytes).decode()


async def read_token(token: Annotated[str, Depends(oauth2_scheme)]) -> dict[str, Any]:
    try:
        return jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM], options={"require": ["exp", "sub", "acr"]})
    except jwt.InvalidTokenError as error:
        raise REFUSED from error


Payload = Annotated[dict[str, Any], Depends(read_token)]


async def get_caller(payload: Payload, session: Session) -> Caller:
    """With everything that is shown of them."""
    account = await session.scalar(
        select(Account)
        .where(Account.id == UUID(payload["sub"]), Account.disabled_at.is_(None))
        .options(joinedload(Account.profile), selectinload(Account.roles), selectinload(Account.memberships))
    )
    if account is None:
        raise REFUSED
    return Caller(account, int(payload["acr"]))


async def get_account(payload: Payload, session: Session) -> Account:
    """Where only the account itself is needed."""
    account = await session.get(Account, UUID(payload["sub"]))
    if account is None or account.disabled_at is not None:
        raise REFUSED
    return account
