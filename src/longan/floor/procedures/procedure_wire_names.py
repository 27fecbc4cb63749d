"""The names of the national catalogue: its codes with what we call them, and the members of its objects."""

from typing import get_args, get_type_hints

from longan.floor.procedures.procedures import Level, ProcedureFee

CHANNELS = {"DIRECT": "direct", "ONLINE": "online", "POSTAL": "postal"}
UNITS = {"HOUR": "hour", "WORKING_DAY": "working_day", "DAY": "day", "MONTH": "month", "YEAR": "year", "OTHER": "other"}
KINDS = {"STANDARD": "standard", "SPECIFIC": "specific", "STANDARD_INTERNAL": "standard_internal"}
CURRENCIES = {"": "VND", "Việt Nam Đồng": "VND", "USD": "USD"}
# The states of what is in force; what others mean nobody has told us.
STATES = ("ACTIVE", "UPDATED")
_FEES = {"FEE": "fee", "SERVICE_FEE": "service_fee", "PRICE_LEVEL": "price_level"}
FEES = {name: kind for name, kind in _FEES.items() if kind in get_args(get_type_hints(ProcedureFee)["kind"])}
LEVELS: dict[str, Level] = {
    "isWard": "xa", "isProvince": "tinh", "isVertical": "nganh_doc", "isMinistry": "bo", "isOtherAgency": "khac",
}  # fmt: skip
# The portal's codes of those who may file (spelled with Đ or with D).
AUDIENCES = {
    "DT1": "cong_dan_viet_nam", "DT2": "doanh_nghiep", "DT3": "nguoi_nuoc_ngoai_cu_tru", "DT4": "nguoi_nuoc_ngoai",
    "DT5": "dang_vien", "DT6": "to_chuc_dang", "DT7": "to_chuc_nuoc_ngoai", "DT8": "doanh_nghiep_viet_nam",
    "DT9": "to_chuc", "DT10": "doanh_nghiep_von_nuoc_ngoai", "DT11": "hop_tac_xa", "DT12": "nguoi_viet_o_nuoc_ngoai",
    "DT13": "can_bo_cong_chuc", "DT14": "cong_dan_khong_ro_noi_cu_tru", "DT15": "nguoi_nuoc_ngoai_da_cu_tru",
}  # fmt: skip
MOST_DONG = 10**10

_USED = (
    "id", "code", "codeNotation", "name", "decisionNo", "type", "state", "description", "requirementsAndConditions",
    "executionSteps", "executionMethods", "executionCases", "cases", "profileComponents", "category",
    "categoriesDetails", "departmentPromulgateCode", "departmentPromulgateName", "departmentsExecuting",
    "unitGroupsExecuting", "departmentsAuthority", "unitGroupsAuthority", "departmentsCoordinating",
    "unitGroupsCoordinating", "subjectTypesDetails", "resultsDetails", "legalBasisesDetails", "serviceGroupsDetails",
    "isFullProcess", "isUndetermined", "updatedAt", *LEVELS,
)  # fmt: skip
# What we know of and have no use for.
_UNUSED = (
    "formalityTargetType", "formalityType", "isInternal", "isSharedService", "note", "keywords", "categoryIds",
    "serviceGroupIds", "legalBasisIds", "resultIds", "subjectTypeIds", "departmentExecutingIds",
    "departmentAuthorityIds", "departmentAuthorizedIds", "departmentCoordinatingIds", "departmentDetails",
    "departmentsAuthorized", "unitGroupExecutingIds", "unitGroupAuthorityIds", "unitGroupAuthorizedIds",
    "unitGroupCoordinatingIds", "unitGroupsAuthorized", "departmentPromulgateId", "fees", "createdAt",
    "targetObjects", "executingAgencies", "authorizedAgencies", "dossierReceivingAddresses", "delegatedAgencies",
    "coordinatingAgencies", "procedureRelatedGroup", "procedureProposal", "isOfflineOnly", "isNonTerritorial",
    "returningMethods",
)  # fmt: skip
KNOWN = frozenset((*_USED, *_UNUSED))
OF_STEP = frozenset(("name", "description"))
OF_METHOD = frozenset(("submissionMethod", "processingTime", "processingTimeUnit", "description", "fees"))
OF_FEE = frozenset(("type", "value", "currencyId", "currencyName", "attachment", "description"))
OF_CASE = frozenset(("id", "name", "code", "processingDay", "profileComponents"))
OF_PAPER = frozenset((
    "profileComponentId", "originalQty", "copyQty", "required", "hasElectronicForm", "isProcessingResult", "name",
    "code", "attachments",
))  # fmt: skip
OF_NAMED = frozenset(("id", "name", "code"))
