"""Why a problem is answered and what to do about it: by its code, else by its status."""

import msgspec

from longan.errors import Problem


class Words(msgspec.Struct, frozen=True):
    """The same in both languages."""

    vi: str
    en: str


class Advice(msgspec.Struct, frozen=True):
    cause: Words
    fix: Words


def _advice(cause_vi: str, cause_en: str, fix_vi: str, fix_en: str) -> Advice:
    return Advice(Words(cause_vi, cause_en), Words(fix_vi, fix_en))


BY_CODE: dict[str, Advice] = {
    "invalid_body": _advice(
        "Nội dung không phải JSON hợp lệ: sai cú pháp, lặp tên trường, lồng quá sâu hoặc không phải UTF-8.",
        "The body is not valid JSON: bad syntax, a name given twice, too deep, or not UTF-8.",
        "Tạo nội dung bằng thư viện JSON, đừng ghép chuỗi.",
        "Make the body with a JSON library, never by joining strings.",
    ),
    "insufficient_user_authentication": _advice(
        "Việc này cần một lần xác thực mới hơn hoặc mạnh hơn: `acr_values` là mức cần, `max_age` là số giây.",
        "This needs a fresher or stronger proof of who is calling: `acr_values` is the level, `max_age` the seconds.",
        "Đăng nhập lại bằng cách đạt mức đó, gửi kèm access_token đang có, rồi gửi lại yêu cầu với token mới.",
        "Sign in again by a way that reaches the level, sending the present access token along; then repeat it.",
    ),
    "consent_required": _advice(
        "Việc này dùng dữ liệu cho mục đích `purpose` mà người dùng chưa đồng ý.",
        "This uses data for `purpose`, to which the person has not consented.",
        "Hiện nội dung của mục đích (list_purposes) và gọi give_consent khi người dùng đồng ý.",
        "Show the purpose's text (list_purposes), and call give_consent when the person agrees.",
    ),
    "cooling_off": _advice(
        "Tài khoản vừa được khôi phục hoặc đổi số; việc quan trọng phải chờ đến `until`.",
        "The account was recovered or changed its phone lately; sensitive acts wait until `until`.",
        "Chờ đến `until`. Nếu không phải bạn khôi phục, hãy báo ngay cho chúng tôi.",
        "Wait until `until`. If it was not you who recovered it, tell us at once.",
    ),
    "idempotency_key_missing": _advice(
        "Thao tác tạo mới được gọi mà không có Idempotency-Key.",
        "Something is to be created, and there is no Idempotency-Key.",
        "Tạo một UUID cho mỗi việc, gửi trong Idempotency-Key, và giữ nguyên nó khi gửi lại.",
        "Make a UUID for each thing to be done, send it as Idempotency-Key, and keep it for every retry.",
    ),
    "idempotency_key_reused": _advice(
        "Khóa này đã được dùng trong 24 giờ qua với nội dung khác.",
        "Within 24 hours this key came with another body.",
        "Việc mới thì dùng khóa mới; gửi lại thì giữ nguyên từng byte nội dung.",
        "Use a new key for a new thing; a retry must repeat the body byte for byte.",
    ),
    "idempotency_in_progress": _advice(
        "Yêu cầu đầu tiên với khóa này chưa xong.",
        "The first request with this key is not finished.",
        "Chờ Retry-After giây rồi gửi lại cùng khóa, cùng nội dung.",
        "Wait Retry-After seconds, then send the same key and body again.",
    ),
    "place_ambiguous": _advice(
        "Tên này là tên của nhiều nơi.",
        "Several places have this name.",
        "Chọn một mã trong danh sách gợi ý và gửi lại bằng ward_code.",
        "Choose one of the candidates and send its code as ward_code.",
    ),
    "employer_not_verified": _advice(
        "Đơn vị chưa được cán bộ xác minh.",
        "No official has verified the employer yet.",
        "Chờ xác minh; tin nháp vẫn được giữ và đăng được ngay sau đó.",
        "Wait for the verification; the draft is kept and can be published right after.",
    ),
    "otp_invalid": _advice(
        "Mã không đúng.",
        "The code is wrong.",
        "Nhập lại mã trong tin nhắn mới nhất; sai nhiều lần thì phải xin mã mới.",
        "Type the code of the newest message; after several wrong ones a new code must be asked for.",
    ),
    "otp_expired": _advice(
        "Mã đã hết hạn hoặc đã được dùng.",
        "The code is too old or was used already.",
        "Gọi request_otp để nhận mã mới.",
        "Call request_otp for a new code.",
    ),
}

BY_STATUS: dict[int, Advice] = {
    400: _advice(
        "Thiếu trường, sai kiểu, vượt giới hạn, hoặc có trường hay tham số chúng tôi không biết.",
        "A field is missing, of the wrong type or out of bounds, or there is one that we do not know.",
        "Xem errors: pointer chỉ đúng chỗ sai, message nói vì sao. Gửi lại y nguyên sẽ lại sai.",
        "Read errors: pointer says where, message says why. The same request again will fail again.",
    ),
    401: _advice(
        "Không có token, token hết hạn, phiên đã kết thúc, hoặc token của loại tài khoản khác.",
        "There is no token, it is too old, its session has ended, or it is of another audience.",
        "Gọi refresh_session một lần; nếu vẫn 401 thì mời người dùng đăng nhập lại.",
        "Call refresh_session once; if it is still 401, ask the user to sign in again.",
    ),
    403: _advice(
        "Tài khoản này không được làm việc đó.",
        "This account may not do that.",
        "Đăng nhập bằng tài khoản có quyền, hoặc ẩn chức năng này với người dùng.",
        "Sign in with an account that may, or do not offer this to the user.",
    ),
    404: _advice(
        "Địa chỉ sai, thứ cần tìm không còn, hoặc không thuộc về bạn.",
        "The address is wrong, what it names is gone, or it is not yours.",
        "Kiểm tra mã định danh (UUID viết thường) và đường dẫn, không có dấu / ở cuối.",
        "Check the id (a UUID in lower case) and the path, which has no slash at its end.",
    ),
    405: _advice(
        "Địa chỉ có thật nhưng không nhận phương thức này.",
        "The address exists and does not take this method.",
        "Dùng một phương thức trong Allow.",
        "Use one of the methods in Allow.",
    ),
    406: _advice(
        "Accept không chứa loại nội dung mà địa chỉ này trả lời.",
        "Accept names nothing that this address answers in.",
        "Gửi Accept: application/json, hoặc đừng gửi.",
        "Send Accept: application/json, or none.",
    ),
    408: _advice(
        "Nội dung gửi lên không tới đủ trong thời gian chờ.",
        "The body did not arrive in time.",
        "Gửi lại khi mạng tốt hơn, với cùng Idempotency-Key.",
        "Send it again over a better network, with the same Idempotency-Key.",
    ),
    409: _advice(
        "Việc này mâu thuẫn với tình trạng hiện tại: đã làm rồi, hoặc bước này chưa tới lượt.",
        "This conflicts with how things stand: it is done already, or this step cannot be taken from here.",
        "Tải lại, cho người dùng thấy tình trạng mới rồi mới thử tiếp.",
        "Load it again and show the user how it stands before trying anything else.",
    ),
    410: _advice(
        "Thứ này đã hết hạn và không quay lại.",
        "It has expired and will not come back.",
        "Bắt đầu lại từ đầu.",
        "Start over.",
    ),
    412: _advice(
        "Ai đó đã sửa trước: ETag trong If-Match không còn là bản mới nhất.",
        "Somebody was faster: the ETag in If-Match is not the current one.",
        "Tải lại, áp thay đổi lên bản mới và gửi ETag mới.",
        "Load it again, apply the change to that version and send its ETag.",
    ),
    413: _advice(
        "Nội dung lớn hơn 256 KiB.",
        "The body is larger than 256 KiB.",
        "Gửi ít hơn trong một lần.",
        "Send less at a time.",
    ),
    414: _advice(
        "Địa chỉ và tham số dài quá 8 KiB.",
        "The address with its parameters is longer than 8 KiB.",
        "Rút gọn tham số.",
        "Shorten the parameters.",
    ),
    415: _advice(
        "Content-Type không phải application/json, hoặc nội dung bị nén.",
        "Content-Type is not application/json, or the body is compressed.",
        "Gửi Content-Type: application/json và không nén nội dung.",
        "Send Content-Type: application/json and leave the body uncompressed.",
    ),
    422: _advice(
        "Dữ liệu đúng dạng nhưng không hợp quy định.",
        "The data has the right form and does not fit a rule.",
        "Cho người dùng thấy title và để họ sửa.",
        "Show the user the title and let them correct it.",
    ),
    428: _advice(
        "Thao tác sửa được gọi mà không có If-Match.",
        "Something is to be changed, and there is no If-Match.",
        "Tải bản hiện tại và gửi ETag của nó trong If-Match.",
        "Load the current version and send its ETag as If-Match.",
    ),
    429: _advice(
        "Quá nhiều yêu cầu trong thời gian ngắn.",
        "Too many requests in a short time.",
        "Chờ Retry-After giây. Theo dõi RateLimit để không chạm giới hạn.",
        "Wait Retry-After seconds. Watch RateLimit so as not to come here.",
    ),
    431: _advice(
        "Phần đầu yêu cầu quá lớn.",
        "The request headers are too large.",
        "Bỏ bớt cookie và header không cần thiết.",
        "Drop cookies and headers that nobody needs.",
    ),
    500: _advice(
        "Lỗi của chúng tôi.",
        "This is our mistake.",
        "Thử lại sau; nếu vẫn lỗi, gửi cho chúng tôi request_id.",
        "Try again later; if it stays, tell us the request_id.",
    ),
    501: _advice(
        "Phương thức HTTP lạ.",
        "An HTTP method that nobody knows.",
        "Dùng GET, POST, PUT, PATCH hoặc DELETE.",
        "Use GET, POST, PUT, PATCH or DELETE.",
    ),
    503: _advice(
        "Máy chủ đang bận hoặc một phần của hệ thống đang tạm dừng.",
        "We are busy, or a part of the system is down.",
        "Chờ Retry-After giây rồi gửi lại, với cùng Idempotency-Key nếu có.",
        "Wait Retry-After seconds and send it again, with the same Idempotency-Key if there was one.",
    ),
}


def of(problem: type[Problem]) -> Advice:
    return BY_CODE.get(problem.code) or BY_STATUS[problem.status]
