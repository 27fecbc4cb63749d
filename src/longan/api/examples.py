"""Examples of the document: what a field holds in Long An, by its name, so that every operation shows real life."""

from collections.abc import Mapping
from typing import Any

from longan.api.schemas import OPEN, Schema

# By "Struct.field" (or "operation.parameter") where the name alone says too little, else by the field's name.
FIELDS: dict[str, object] = {
    "Application.status": "submitted",
    "AppliedJob.title": "Công nhân may",
    "Employer.name": "Công ty TNHH May Bông Súng",
    "Employer.status": "verified",
    "EmployerBrief.name": "Công ty TNHH May Bông Súng",
    "EmployerDecision.decision": "suspended",
    "EmployerDecision.reason": "Nhiều người lao động báo bị thu phí giữ chỗ.",
    "EmployerItem.name": "Công ty TNHH May Bông Súng",
    "EmployerReview.name": "Công ty TNHH May Bông Súng",
    "EmployerReview.registry_result": "active",
    "EmployerReview.registry_state": "answered",
    "EmployerReview.status": "unverified",
    "get_feedback_tile.z": "12",
    "get_feedback_tile.x": "3259",
    "get_feedback_tile.y": "1926",
    "count_public_feedback.z": "12",
    "count_public_feedback.x": "3259",
    "count_public_feedback.y": "1926",
    "find_similar_feedback.category_code": "giao_thong",
    "list_public_feedback.category_code": "giao_thong",
    "list_public_feedback.status": "dang_xu_ly",
    "list_public_feedback.bbox": "106.3,10.5,106.6,10.7",
    "get_feedback_tile.category_code": "giao_thong,moi_truong",
    "get_feedback_tile.status": "moi_gui,dang_xu_ly",
    "count_public_feedback.category_code": "giao_thong",
    "count_public_feedback.status": "da_dong",
    "list_own_feedback.category_code": "giao_thong",
    "list_own_feedback.status": "moi_gui,dang_xu_ly",
    "get_public_feedback.code": "PA-7K3M-92QX",
    "get_month_ratings.month": "2026-10",
    "list_month_ratings.month": "2026-10",
    "Guess.read_as": ["nhan"],
    "Guess.typed": "nhna",
    "Health.status": "ok",
    "Housing.kind": "room",
    "Housing.title": "Phòng trọ có gác, gần khu công nghiệp Long Hậu",
    "HousingMatch.field": "title",
    "HousingMatch.words": ["Phòng trọ"],
    "HousingNearJob.minutes": 8,
    "HousingNearJob.road_km": 3.1,
    "HousingNearJobPage.method_en": "The way is estimated at 135% of the straight line, not measured on a map",
    "HousingNearJobPage.method_vi": "Đường đi ước tính bằng 135% đường chim bay, không phải đo trên bản đồ",
    "HousingNearJobPage.rough": False,
    "NearJob.minutes": 8,
    "NearJob.road_km": 3.1,
    "NearJob.rough": False,
    "NearJob.title": "Công nhân may",
    "NearJobPage.method_en": "The way is estimated at 135% of the straight line, not measured on a map",
    "NearJobPage.method_vi": "Đường đi ước tính bằng 135% đường chim bay, không phải đo trên bản đồ",
    "HousingItem.kind": "room",
    "HousingItem.title": "Phòng trọ có gác, gần khu công nghiệp Long Hậu",
    "Housing.description": "Phòng mới, có gác, để xe trong nhà.",
    "Housing.features": ["loft", "motorbike_parking"],
    "Housing.job_ids": [],
    "Housing.park_code": "kcn-long-hau",
    "Housing.place_source": "owner",
    "HousingEvent.from_status": "open",
    "HousingEvent.reason": None,
    "HousingEvent.side": "owner",
    "HousingEvent.to_status": "open",
    "HousingFieldChange.field": "rent",
    "HousingFieldChange.new": "1500000",
    "HousingFieldChange.old": "1600000",
    "HousingAppeal.text": "Giá trong tin đã sửa theo phản ánh, mong xem lại.",
    "HousingCase.status": "hidden",
    "HousingCase.title": "Phòng trọ có gác",
    "HousingCaseView.title": "Phòng trọ có gác",
    "HousingCaseView.description": "Phòng mới, có gác, để xe trong nhà.",
    "HousingReport.housing_title": "Phòng trọ có gác",
    "HousingReport.note": "Bắt chuyển cọc trước khi cho xem phòng.",
    "HousingReport.reason_code": "fraud",
    "SamePicture.earlier_title": "Phòng trọ có gác",
    "SamePicture.later_title": "Cho thuê phòng giá rẻ",
    "Viewing.housing_title": "Phòng trọ có gác",
    "ViewingItem.housing_title": "Phòng trọ có gác",
    "ViewingLook.housing_title": "Phòng trọ có gác",
    "WaitingHousingReport.housing_title": "Phòng trọ có gác",
    "WaitingHousingReport.housing_description": "Phòng mới, có gác, để xe trong nhà.",
    "WaitingHousingReport.note": "Bắt chuyển cọc trước khi cho xem phòng.",
    "WaitingHousingReport.reason_code": "fraud",
    "HousingCaseView.appeal": "Giá trong tin đã sửa theo phản ánh, mong xem lại.",
    "HousingCaseView.status": "hidden",
    "HousingCaseView.reports": [
        {
            "reason_code": "wrong_price",
            "note": "Đến nơi đòi 2 triệu.",
            "state": "confirmed",
            "created_at": "2026-11-22T02:00:00Z",
        },
    ],
    "HousingCaseView.steps": [
        {
            "side": "system",
            "from_status": "open",
            "to_status": "hidden",
            "reason": "sai giá",
            "changed_at": "2026-11-22T03:00:00Z",
        },
    ],
    "Viewing.reason": None,
    "Viewing.phone_masked": "091•••678",
    "ViewingPhone.phone": "+84912345678",
    "MyHousing.closed_for": None,
    "MyHousing.description": "Phòng mới, có gác, để xe trong nhà.",
    "MyHousing.kind": "room",
    "MyHousing.park_code": "kcn-long-hau",
    "MyHousing.sure_of": [],
    "MyHousing.title": "Phòng trọ có gác, gần khu công nghiệp Long Hậu",
    "MyHousingItem.closed_for": None,
    "MyHousingItem.kind": "room",
    "MyHousingItem.title": "Phòng trọ có gác, gần khu công nghiệp Long Hậu",
    "MonthlyCost.first_month": 3_530_000,
    "MonthlyCost.flags": [],
    "MonthlyCost.kwh": 100,
    "MonthlyCost.lines": [
        {"part": "rent", "month": 1_500_000, "vi": "Tiền phòng: 1.500.000 đ", "en": "Rent: 1,500,000 đ"},
        {
            "part": "electricity",
            "month": 400_000,
            "vi": "Điện: 100 kWh × 4.000 đ = 400.000 đ",
            "en": "Electricity: 100 kWh × 4,000 đ = 400,000 đ",
        },
        {
            "part": "water",
            "month": 80_000,
            "vi": "Nước: 8 m3 × 10.000 đ = 80.000 đ",
            "en": "Water: 8 m3 × 10,000 đ = 80,000 đ",
        },
        {"part": "internet", "month": None, "vi": "Internet: tin không nói", "en": "Internet: not said"},
        {"part": "parking", "month": None, "vi": "Gửi xe: tin không nói", "en": "Parking: not said"},
        {
            "part": "service",
            "month": 50_000,
            "vi": "Phí dịch vụ: 50.000 đ một tháng",
            "en": "Service fee: 50,000 đ a month",
        },
        {
            "part": "deposit",
            "month": 125_000,
            "vi": "Tiền cọc 1.500.000 đ chia cho 12 tháng ở: 125.000 đ",
            "en": "Deposit of 1,500,000 đ spread over 12 months: 125,000 đ",
        },
    ],
    "MonthlyCost.months": 12,
    "MonthlyCost.people": 2,
    "MonthlyCost.per_person": 1_077_500,
    "MonthlyCost.total": 2_155_000,
    "MonthlyCost.water_m3": 8,
    "OutOfRange.code": "too_large",
    "OutOfRange.field": "rent",
    "PhotoLink.thumbnail_url": "/v1/photos/4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10?size=thumbnail",
    "PhotoLink.url": "/v1/photos/4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10",
    "PriceFlag.landlord": {
        "vi": "Giá điện 4.000 đ/kWh cao hơn cả bậc đắt nhất 3.737 đ/kWh đã gồm thuế.",
        "en": "Electricity at 4,000 đ for kWh is above even the dearest tier, 3,737 đ for kWh with tax.",
    },
    "PriceFlag.law": ["Thông tư 60/2025/TT-BCT, Điều 12 khoản 5", "Quyết định 1279/QĐ-BCT"],
    "PriceFlag.legal": 3_737,
    "PriceFlag.said": 4_000,
    "PriceFlag.verdict": "above_every_tier",
    "PriceFlag.worker": {
        "vi": "Giá điện 4.000 đ/kWh cao hơn cả bậc đắt nhất 3.737 đ/kWh đã gồm thuế.",
        "en": "Electricity at 4,000 đ for kWh is above even the dearest tier, 3,737 đ for kWh with tax.",
    },
    "Doubt.en": "15,000,000 đ for 18 m2? Is 1,500,000 đ meant?",
    "Doubt.field": "rent",
    "Doubt.meant": 1_500_000,
    "Doubt.said": 15_000_000,
    "Doubt.vi": "15.000.000 đ cho 18 m2? Có phải 1.500.000 đ?",
    "HeardField.amount": 15_000_000,
    "HeardField.field": "rent",
    "HeardField.likely": [],
    "price_flags": ["above_every_tier"],
    "closed_for": None,
    "Invitation.phone": "090•••567",
    "Invitation.role": "recruiter",
    "Invitation.state": "waiting",
    "InvitingEmployer.name": "Công ty TNHH May Bông Súng",
    "JobApplication.status": "submitted",
    "JobImport.changed": 0,
    "JobImport.format": "csv",
    "JobImport.kept": 0,
    "JobImport.made": 118,
    "JobImport.publish": False,
    "JobImport.refused": 2,
    "JobImport.same": 0,
    "JobImport.state": "done",
    "JobImport.total": 120,
    "JobImportRow.errors": [],
    "JobImportRow.status": "made",
    "RowError.code": "ambiguous",
    "RowError.message": "Có nhiều nơi cùng tên, xin ghi rõ hơn",
    "RowError.pointer": "/place",
    "RecommendationReason.code": "near_home",
    "RecommendationReason.points": 27,
    "RecommendationReason.text": "Gần nhà bạn 3,2 km",
    "RecommendedJob.score": 27,
    "SharedJob.code": "k7m2p9xq4t",
    "SharedJob.url": "https://id.example.vn/open/shares/k7m2p9xq4t",
    "share_code": "k7m2p9xq4t",
    "Upload.content_type": "image/jpeg",
    "Upload.deleted_at": "2026-11-03T01:30:00Z",
    "Upload.height": 1536,
    "Upload.purpose": "feedback",
    "Upload.reason": None,
    "Upload.size": 812_345,
    "Upload.state": "clean",
    "Upload.thumbnail_url": "https://s3.example.vn/longan/thumbnails/0f3c?X-Amz-Signature=9d",
    "Upload.url": "https://s3.example.vn/longan/pictures/0f3c?X-Amz-Signature=9d",
    "Upload.used": False,
    "Upload.width": 2048,
    "WardChoice.name": "Xã Bến Lức",
    "not_understood": ["industry"],
    "source_key": "T-2026-017",
    "unknown_columns": ["Ghi chú"],
    "EmployerJob.source": "app",
    "FieldChange.field": "pay/base",
    "FieldChange.new": "7000000",
    "FieldChange.old": "6500000",
    "Finding.rule": "recruitment_fee",
    "Finding.field": "description",
    "Finding.quote": "đóng phí hồ sơ 500.000 đồng",
    "Job.source": "app",
    "JobEvent.from_status": "open",
    "JobEvent.side": "employer",
    "JobEvent.to_status": "open",
    "JobOccupation.code": "75",
    "JobOccupation.name": "Thợ chế biến thực phẩm, gia công gỗ, may mặc, đồ thủ công và có liên quan",
    "JobPark.code": "kcn-long-hau",
    "JobPark.name": "Long Hậu",
    "MinimumWageNote.decree": "293/2025/NĐ-CP",
    "MinimumWageNote.hour_vnd": 22_700,
    "MinimumWageNote.law": "BLLĐ 2019 Điều 90-91",
    "MinimumWageNote.month_vnd": 4_730_000,
    "MinimumWageNote.region": 2,
    "Template.name": "Thợ may ca ngày",
    "TemplateBrief.name": "Thợ may ca ngày",
    "TemplateJob.occupation_code": "75",
    "JobEmployer.name": "Công ty TNHH May Bông Súng",
    "Match.words": ["Công nhân may"],
    "Member.phone": "090•••567",
    "Member.role": "owner",
    "Move.from_status": "submitted",
    "Move.to_status": "interview",
    "MyApplication.status": "interview",
    "MyInvitation.role": "recruiter",
    "NamedText.code": "68/2020/QH14",
    "NamedText.name": "Luật Cư trú",
    "Pay.allowances": 700_000,
    "Pay.attendance": 500_000,
    "Pay.base": 5_800_000,
    "Pay.deductions": 609_000,
    "Pay.effective_hour": 33_155,
    "Pay.effective_month": 7_891_000,
    "Pay.max": 12_000_000,
    "Pay.min": 8_000_000,
    "Pay.overtime": 1_500_000,
    "Pay.overtime_hours": 30,
    "ProblemField.code": "too_small",
    "ProblemField.message": "Giá trị quá nhỏ",
    "ProblemField.pointer": "/pay/min",
    "ProblemKind.cause": {
        "vi": "Việc này mâu thuẫn với tình trạng hiện tại.",
        "en": "This conflicts with how things stand.",
    },
    "ProblemKind.code": "job_not_open",
    "ProblemKind.fix": {
        "vi": "Tải lại, cho người dùng thấy tình trạng mới.",
        "en": "Load it again and show the user how it stands.",
    },
    "ProblemKind.operations": ["apply_to_job"],
    "ProblemKind.status": 409,
    "ProblemKind.title": {"vi": "Tin tuyển dụng này không còn nhận hồ sơ", "en": "This job is not open"},
    "ProblemKind.type": "/problems/job_not_open",
    "Procedure.legal_basis": [{"code": "68/2020/QH14", "name": "Luật Cư trú"}],
    "Procedure.name": "Đăng ký tạm trú",
    "Procedure.results": [{"code": None, "name": "Thông tin tạm trú được cập nhật vào cơ sở dữ liệu về cư trú"}],
    "ProcedureCase.name": "Đăng ký tạm trú theo danh sách",
    "ProcedureDocument.code": "CT01",
    "ProcedureDocument.name": "Tờ khai thay đổi thông tin cư trú",
    "ProcedureFee.amount": 15_000,
    "ProcedureFee.note": "Trường hợp nộp hồ sơ trực tiếp",
    "ProcedureMethod.note": "Nộp hồ sơ trực tiếp tại Công an cấp xã",
    "PublicKey.alg": "ES256",
    "PublicKey.crv": "P-256",
    "PublicKey.kid": "app-1",
    "PublicKey.kty": "EC",
    "PublicKey.use": "sig",
    "PublicKey.x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "PublicKey.y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "Readiness.cache": "ok",
    "Readiness.database": "ok",
    "Readiness.status": "ok",
    "get_problem.code": "job_not_open",
    "get_procedure.code": "1.004194",
    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6ImFwcC0xIn0.e30.c2ln",
    "agency": "Bộ Công an",
    "agency_code": "G01",
    "applicant_name": "Nguyễn Thị Lan",
    "area_m2": 16.0,
    "assurance_level": 0,
    "authorities": ["Công an cấp xã"],
    "body": "Hồ sơ của bạn đã được nhà tuyển dụng xem.",
    "captured_on": "2026-09-14",
    "channels": ["direct", "online"],
    "clear": [],
    "closed_at": None,
    "code": "048213",
    "coordinating_agencies": [],
    "currency": "VND",
    "decision_number": None,
    "deposit": 1_500_000,
    "description": "May chuyền áo thun, có xe đưa rước và cơm trưa.",
    "distance_km": 1.2,
    "executing_agencies": ["Công an cấp xã"],
    "expires_at": "2027-01-31T17:00:00Z",
    "expires_in": 300,
    "field": "Đăng ký, quản lý cư trú",
    "field_code": "G01-QC06",
    "full_name": "Nguyễn Thị Lan",
    "installation_id": "dmLz9wXoQ7qk3Yf1rT0aBc",
    "purpose_code": "job_recommendations",
    "lat": 10.5476,
    "level": "xa",
    "levels": ["xa"],
    "lon": 106.405,
    "max": 12_000_000,
    "message": "Mời bạn đến phỏng vấn lúc 8 giờ sáng thứ Hai.",
    "min": 8_000_000,
    "name": "Nguyễn Thị Lan",
    "next_cursor": "c2lnbmVkLWN1cnNvcg",
    "note": "Tôi có hai năm kinh nghiệm may chuyền.",
    "online_level": "toan_trinh",
    "openings": 20,
    "pay_min": 8_000_000,
    "period": "month",
    "persons": 2,
    "phone": "+84901234567",
    "place_source": "employer",
    "platform": "android",
    "provider": "vneid",
    "province_code": "80",
    "reason": "Giấy đăng ký doanh nghiệp khớp với mã số thuế.",
    "reason_code": None,
    "refresh_token": "vkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n1Zc5aE",
    "rent": 1_500_000,
    "role": "worker",
    "service_fee": 50_000,
    "service_groups": ["Cư trú và giấy tờ tùy thân"],
    "skills": ["máy một kim"],
    "filled": 3,
    "status": "open",
    "steps": ["Chuẩn bị hồ sơ.", "Nộp tại Công an cấp xã hoặc trên Cổng dịch vụ công.", "Nhận thông báo kết quả."],
    "tax_code": "1100727545",
    "thumbprint": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    "title": "Công nhân may",
    "token_type": "Bearer",
    "total": 1_840_000,
    "unread_count": 3,
    "updated_on": "2026-07-01",
    "valid_from": "2025-05-10",
    "valid_to": None,
    "version": 3,
    "wanted_name": None,
    "ward_code": "27694",
    "water_price": 10_000,
    "water_unit": "m3",
    "worker_group": None,
}

UUID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
_FORMATS: dict[str, object] = {
    "uuid": UUID,
    "date-time": "2026-11-02T01:30:00Z",
    "date": "2026-11-02",
    "time": "08:00:00",
    "uri": "https://example.vn/",
}
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}

# Not None, which is an example too.
Missing = object()


class Examples:
    """Builds a value for any schema of the document."""

    def __init__(self, named: Mapping[str, Schema]) -> None:
        self._named = named

    def of(self, schema: Schema, field: str = "", owner: str = "") -> Any:
        """A value for `field` of the struct `owner`: the schema's own example, ours for that name, or a plain one."""
        own = FIELDS.get(f"{owner}.{field}")
        if own is not None and ("$ref" in schema or _fits(own, schema)):
            return own
        if "$ref" in schema:
            return self._struct(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], field, owner)
        for found in (*schema.get("examples", ()), FIELDS.get(field, Missing), schema.get("default", Missing)):
            if found is not Missing and _fits(found, schema):
                return found
        return self._plain(schema, field, owner)

    def _struct(self, name: str) -> dict[str, Any]:
        schema = self._named[name]
        return {field: self.of(part, field, name) for field, part in schema.get("properties", {}).items()}

    def _plain(self, schema: Schema, field: str, owner: str) -> Any:
        for key in ("enum", OPEN):
            if key in schema:
                return schema[key][0]
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        match _kinds(schema):
            case ["null", *_] | [_, "null"]:
                return None
            case ["array", *_]:
                return [self.of(schema["items"], field, owner)] if "items" in schema else []
            case ["object", *_]:
                rest = schema.get("additionalProperties")
                return {"vi": self.of(rest, field, owner)} if isinstance(rest, dict) and rest else {}
            case ["boolean", *_]:
                return True
            case ["integer", *_]:
                return max(1, schema.get("minimum", 1))
            case ["number", *_]:
                return float(max(1, schema.get("minimum", 1)))
            case _:
                return "Ví dụ"


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", "string")
    return [kind] if isinstance(kind, str) else list(kind)


def _fits(value: object, schema: Schema) -> bool:
    """Whether a value of the table belongs here: a name may mean a number in one struct and a word in another."""
    if not any(
        isinstance(value, _KINDS[kind]) and (kind == "boolean") == isinstance(value, bool) for kind in _kinds(schema)
    ):
        return False
    if "enum" in schema or OPEN in schema:
        allowed: list[object] = schema.get("enum") or schema[OPEN]
        return value in allowed
    return True
