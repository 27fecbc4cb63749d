"""Nouns of the room: what somebody shows who asks for a dossier."""

import msgspec

from longan.floor.dossiers.dossier_codes import CodeInput
from longan.floor.dossiers.dossier_proofs import SecondFactor


class LookupIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the receipt shows."""

    code: CodeInput
    second_factor: SecondFactor
