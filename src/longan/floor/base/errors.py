"""Refusals: every error of the API is one of these nouns, with a status, a stable code and words in two languages."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

MESSAGES: dict[str, tuple[str, str]] = {
    "required": ("Thiếu thông tin này", "This is required"),
    "unknown": ("Không có trường này", "There is no such field"),
    "repeated": ("Chỉ được gửi một lần", "May be given only once"),
    "wrong_type": ("Sai kiểu dữ liệu", "Has the wrong type"),
    "too_small": ("Giá trị quá nhỏ", "Is too small"),
    "too_large": ("Giá trị quá lớn", "Is too large"),
    "too_short": ("Quá ngắn", "Is too short"),
    "too_long": ("Quá dài", "Is too long"),
    "bad_form": ("Không đúng định dạng", "Does not have the right form"),
    "bad_text": ("Có ký tự không được phép", "Holds a character that is not allowed"),
    "markup": ("Chỉ được dùng chữ thường, không có mã HTML hay Markdown", "Plain text only, no HTML or Markdown"),
    "foreign_link": ("Chỉ được dẫn đến địa chỉ https của chúng tôi", "May lead only to our own https address"),
    "bad_time": ("Ngày giờ không hợp lệ", "Is not a valid time"),
    "in_past": ("Phải ở trong tương lai", "Must be in the future"),
    "not_one_of": ("Không phải giá trị được chấp nhận", "Is not one of the accepted values"),
    "check_digit": ("Số kiểm tra không đúng", "The check digit is wrong"),
    "bad_cursor": (
        "Dấu trang không hợp lệ, hãy tải lại từ đầu",
        "The cursor is not valid here; start from the first page",
    ),
    "needs_both": ("Cần gửi đủ các trường đi cùng nhau", "Must be given together with its companions"),
    "one_of_them": ("Chỉ được gửi một trong các trường này", "Only one of these may be given"),
    "not_found": ("Không tìm thấy", "There is no such thing"),
    "not_ready": ("Đang được kiểm tra, xin chờ", "Is still being checked"),
    "elsewhere": ("Không nằm trong xã, phường đã chọn", "Does not lie in the ward that was given"),
    "ambiguous": ("Có nhiều nơi cùng tên, xin ghi rõ hơn", "Several places have this name; say which"),
    "formula": ("Không được bắt đầu bằng = + - @ như công thức", "May not begin with = + - @ as a formula does"),
    "bad_quotes": ("Dấu ngoặc kép đặt sai", "A quote stands in the wrong place"),
    "too_many_cells": ("Nhiều ô hơn dòng tiêu đề", "Has more cells than there are headings"),
    "personal_data": ("Còn thông tin cá nhân", "Leads to a person"),
    "empty": ("Không có nội dung", "Is empty"),
    "bad_encoding": ("Mã quét bị lỗi chữ, hãy quét lại", "The scan lost letters; scan again"),
    "not_an_identity_qr": ("Không phải mã QR của thẻ căn cước", "Is not the QR code of a citizen card"),
    "too_few_fields": ("Mã QR thiếu thông tin, hãy quét lại", "The QR code lacks fields; scan again"),
    "ambiguous_fields": ("Không đọc chắc chắn được mã QR này", "The fields of this QR code cannot be told apart"),
    "not_12_ascii_digits": ("Số định danh phải có đúng 12 chữ số", "A personal number has exactly 12 digits"),
    "unknown_province": ("Không có mã tỉnh này trong số định danh", "The number names no province"),
    "century_or_year_mismatch": ("Năm sinh không khớp số định danh", "The year of birth does not fit the number"),
    "gender_mismatch": ("Giới tính không khớp số định danh", "The sex does not fit the number"),
    "bad_birth_date": ("Ngày sinh không hợp lệ", "Is not a date of birth"),
    "birth_in_future": ("Ngày sinh ở trong tương lai", "The date of birth is in the future"),
    "bad_old_id": ("Số CMND cũ không hợp lệ", "The old identity number is not valid"),
    "bad_name": ("Thiếu họ tên", "The name is missing"),
    "bad_sex": ("Giới tính phải là Nam hoặc Nữ", "The sex must be Nam or Nữ"),
    "bad_issue_date": ("Ngày cấp không hợp lệ", "Is not a date of issue"),
    "issue_before_birth": ("Ngày cấp trước ngày sinh", "It was issued before the birth"),
    "issue_in_future": ("Ngày cấp ở trong tương lai", "It was issued in the future"),
    "same_as_old": ("Phải khác với số cũ", "Must differ from the old one"),
    "mixed_currency": ("Không được trộn đồng và đô la", "Đồng and dollars must not be mixed"),
    "names_contact": (
        "Đừng ghi số điện thoại hay thư điện tử ở đây; người thuê sẽ thấy số khi bạn nhận lịch xem phòng",
        "Leave telephone numbers and mail out of it; people see your number once you agree to a viewing",
    ),
    "doubted": ("Có thể gõ nhầm, xin xem lại", "May be a slip; please look again"),
    "not_mobile": ("Không phải số di động Việt Nam", "Is not a Vietnamese mobile number"),
}


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field: `pointer` is an RFC 6901 pointer into the body, or `?name` for a query parameter,
    `name:` for a header; `code` a key of MESSAGES."""

    pointer: str
    code: str


class Problem(Exception):
    """A refusal, rendered once as RFC 9457 problem+json by `api.problems`. Raising it rolls the transaction back."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    vi: ClassVar[str] = "Có lỗi ở phía chúng tôi, xin thử lại sau"
    en: ClassVar[str] = "Something went wrong on our side; please try again later"

    def __init__(
        self,
        *errors: FieldError,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def catalogue() -> Iterator[type[Problem]]:
    """Every problem the loaded code can answer, for the pages under /problems and for the document."""
    waiting: list[type[Problem]] = [Problem]
    seen: set[str] = set()
    while waiting:
        problem = waiting.pop()
        waiting.extend(problem.__subclasses__())
        if problem.code not in seen:
            seen.add(problem.code)
            yield problem


class InvalidRequest(Problem):
    status, code = 400, "invalid_request"
    vi, en = "Yêu cầu không hợp lệ", "The request is not valid"


class InvalidBody(Problem):
    status, code = 400, "invalid_body"
    vi, en = "Nội dung gửi lên không phải JSON hợp lệ", "The body is not valid JSON"


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"
    vi, en = "Xin đăng nhập lại", "Please sign in again"

    def __init__(self, *errors: FieldError, error: str | None = None) -> None:
        """`error` is the RFC 6750 section 3.1 error code; none when no token was sent."""
        challenge = 'Bearer realm="longan"' + (f', error="{error}"' if error else "")
        super().__init__(*errors, headers={"WWW-Authenticate": challenge})


class InsufficientAuthentication(Problem):
    """What is asked for needs a fresher or stronger proof of who is calling (RFC 9470): sign in once more, with the
    token, by a way that reaches `acr_values`."""

    status, code = 401, "insufficient_user_authentication"
    vi, en = "Việc này cần xác thực lại", "This needs you to prove again who you are"

    def __init__(self, acr: int, max_age: int | None) -> None:
        """`max_age` in seconds; None when only the level matters."""
        asked: dict[str, object] = {"acr_values": str(acr)} | ({} if max_age is None else {"max_age": max_age})
        challenge = 'Bearer realm="longan", error="insufficient_user_authentication", ' + ", ".join(
            f'{name}="{value}"' for name, value in asked.items()
        )
        super().__init__(headers={"WWW-Authenticate": challenge}, members=asked)


class Forbidden(Problem):
    status, code = 403, "forbidden"
    vi, en = "Bạn không có quyền làm việc này", "You may not do this"


class CoolingOff(Forbidden):
    """After a recovery or a change of phone sensitive acts wait (SECURITY A12); `until` says how long."""

    code = "cooling_off"
    vi, en = "Tài khoản vừa khôi phục, việc này phải chờ", "The account was recovered lately; this has to wait"


class SignatureInvalid(Forbidden):
    code = "signature_invalid"
    vi, en = "Chữ ký của thông báo không đúng hoặc quá cũ", "The signature is wrong or too old"


class ConsentRequired(Forbidden):
    """The person has not consented to `purpose` (Law 91/2025/QH15 art. 9)."""

    code = "consent_required"
    vi, en = "Cần bạn đồng ý trước", "This needs your consent first"


class NotFound(Problem):
    status, code = 404, "not_found"
    vi, en = "Không tìm thấy", "There is nothing here"


class MethodNotAllowed(Problem):
    status, code = 405, "method_not_allowed"
    vi, en = "Địa chỉ này không nhận cách gọi đó", "This address does not take that method"


class NotAcceptable(Problem):
    status, code = 406, "not_acceptable"
    vi, en = "Chúng tôi chỉ trả lời bằng JSON", "We answer in JSON only"


class Conflict(Problem):
    status, code = 409, "conflict"
    vi, en = "Việc này đã được làm rồi", "This was done already"


class Stale(Problem):
    status, code = 412, "stale"
    vi, en = "Nội dung đã được sửa ở nơi khác, hãy tải lại", "It was changed elsewhere; load it again"


class PayloadTooLarge(Problem):
    status, code = 413, "payload_too_large"
    vi, en = "Nội dung gửi lên quá lớn", "The body is too large"


class UriTooLong(Problem):
    status, code = 414, "uri_too_long"
    vi, en = "Địa chỉ quá dài", "The address is too long"


class UnsupportedMediaType(Problem):
    status, code = 415, "unsupported_media_type"
    vi, en = (
        "Chúng tôi nhận application/json, hoặc loại tệp ghi ở Accept, UTF-8, không nén",
        "We take application/json, or the kinds of file that Accept names, in UTF-8, not compressed",
    )


class Unprocessable(Problem):
    status, code = 422, "unprocessable"
    vi, en = "Yêu cầu không phù hợp với quy định", "The request does not fit the rules"


class WardUnknown(Unprocessable):
    """A body named a ward that is not in the list in force; a place in a query is `ward.PlaceUnknown`."""

    code = "ward_unknown"
    vi, en = "Không có xã, phường với mã này", "There is no ward with this code now"

    def __init__(self) -> None:
        super().__init__(FieldError("/ward_code", "not_found"))


class JobNotOpen(Conflict):
    code = "job_not_open"
    vi, en = "Tin tuyển dụng này không còn nhận hồ sơ", "This job is not open"


class IllegalTransition(Conflict):
    """`from` and `to` of the problem name the step."""

    code = "illegal_transition"
    vi, en = "Không thể chuyển sang trạng thái này", "It cannot go to that state from where it is"

    def __init__(self, current: str, to: str, *errors: FieldError) -> None:
        super().__init__(*errors, members={"from": current, "to": to})


class IfMatchRequired(Problem):
    status, code = 428, "if_match_required"
    vi, en = "Cần gửi If-Match với ETag bạn đang có", "Send If-Match with the ETag you hold"


class RateLimited(Problem):
    status, code = 429, "rate_limited"
    vi, en = "Bạn thao tác quá nhanh, xin chờ một chút", "Too many requests; please wait a little"


class HeadersTooLarge(Problem):
    status, code = 431, "headers_too_large"
    vi, en = "Phần đầu yêu cầu quá lớn", "The request headers are too large"


class NotImplementedMethod(Problem):
    status, code = 501, "method_not_implemented"
    vi, en = "Chúng tôi không biết cách gọi này", "We do not know this method"


class RequestTimeout(Problem):
    status, code = 408, "request_timeout"
    vi, en = "Nội dung gửi lên quá chậm", "The body came too slowly"


class Unavailable(Problem):
    status, code = 503, "unavailable"
    vi, en = "Hệ thống đang bận, xin thử lại sau ít giây", "We are busy; please try again in a few seconds"

    def __init__(self, retry_after: int = 2) -> None:
        """`retry_after` in seconds."""
        super().__init__(headers={"Retry-After": str(retry_after)})


class IdempotencyKeyMissing(Problem):
    status, code = 400, "idempotency_key_missing"
    vi, en = "Cần gửi Idempotency-Key để không bị làm hai lần", "Send an Idempotency-Key so that it is not done twice"


class IdempotencyKeyReused(Problem):
    status, code = 422, "idempotency_key_reused"
    vi, en = "Idempotency-Key này đã dùng cho nội dung khác", "This Idempotency-Key was used with another body"


class IdempotencyInProgress(Problem):
    status, code = 409, "idempotency_in_progress"
    vi, en = "Yêu cầu trước của bạn đang được xử lý", "Your first request is still being worked on"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})
