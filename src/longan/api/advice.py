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
    "dossier_code_invalid": _advice(
        "Mã hồ sơ gồm mã cơ quan, ngày nhận và số thứ tự, ví dụ H53.16-261102-0007; mã thủ tục không phải mã hồ sơ.",
        "A code is that of the agency, the day and a number, as in H53.16-261102-0007; a procedure's code is none.",
        "Chép đúng mã trên giấy tiếp nhận; dấu cách, chữ thường và gạch nối kiểu khác đều được.",
        "Copy it from the receipt; blanks, small letters and other dashes do no harm.",
    ),
    "dossier_not_found": _advice(
        "Không có hồ sơ này, hoặc bốn ký tự không khớp; hai trường hợp được trả lời như nhau để không ai dò được mã.",
        "There is no such dossier, or the four characters do not fit; both are answered alike: no code can be probed.",
        "Kiểm tra cả mã và bốn ký tự cuối của điện thoại hoặc số giấy tờ trên giấy tiếp nhận; đừng thử nhiều lần.",
        "Compare the code, and the last four of the phone or identity number, with the receipt; do not keep trying.",
    ),
    "storage_unavailable": _advice(
        "Nơi lưu ảnh chưa được cài đặt hoặc đang tạm dừng.",
        "The storage of pictures is not set up, or is down.",
        "Giữ ảnh trong máy và gửi lại sau Retry-After giây; phần còn lại vẫn dùng được.",
        "Keep the picture on the phone and try again after Retry-After seconds; everything else goes on.",
    ),
    "upload_limit_reached": _advice(
        "Tài khoản đã gửi đủ số ảnh hoặc dung lượng của một ngày; xóa ảnh không được tính lại.",
        "The account has sent as many pictures, or bytes, as one may in a day; deleting gives none back.",
        "Chờ đến ngày mai (Retry-After giây) và thu nhỏ ảnh trước khi gửi.",
        "Wait for tomorrow (Retry-After seconds), and make pictures smaller before sending them.",
    ),
    "upload_in_use": _advice(
        "Ảnh đã gắn với một phản ánh hoặc một tin đăng.",
        "The picture belongs to a report or a listing.",
        "Xóa hoặc sửa phản ánh, tin đăng đó.",
        "Withdraw or change what it belongs to.",
    ),
    "upload_not_usable": _advice(
        "Ảnh chưa kiểm tra xong (`not_ready`), hoặc không có, đã dùng hay bị từ chối (`not_found`).",
        "A picture is still being checked (`not_ready`), or is not there, used already or rejected (`not_found`).",
        "Hỏi get_upload đến khi `state` là `clean`; ảnh bị từ chối thì gửi ảnh khác.",
        "Ask get_upload until `state` is `clean`; instead of a rejected one send another.",
    ),
    "file_not_utf8": _advice(
        "Tệp không phải UTF-8: `encoding` là loại đoán được (utf-16, xlsx...), `line` là dòng có byte sai.",
        "The file is not UTF-8: `encoding` is what it seems to be (utf-16, xlsx...), `line` where the wrong bytes are.",
        "Trong Excel chọn Lưu thành > CSV UTF-8, rồi gửi tệp đó.",
        "In a spreadsheet choose Save as > CSV UTF-8 and send that file.",
    ),
    "file_malformed": _advice(
        "Dấu ngoặc kép mở ở dòng `line` không được đóng, nên không biết các dòng sau bắt đầu ở đâu.",
        "The quote opened in line `line` is never closed, so nobody can tell where the rows after it begin.",
        "Đóng dấu ngoặc kép ở dòng đó; trong ô, viết hai dấu liền nhau cho một dấu.",
        "Close the quote in that line; inside a cell write it twice.",
    ),
    "file_too_large": _advice(
        "Tệp vượt giới hạn: `what` là gì, `most` là nhiều nhất bao nhiêu, `line` là dòng nào.",
        "The file passes a bound: `what` there is too much of, `most` how many may be, `line` where.",
        "Chia tệp thành nhiều tệp nhỏ và gửi lần lượt.",
        "Divide the file, and send one part after the other.",
    ),
    "file_empty": _advice(
        "Tệp không có tin nào: trống, hoặc chỉ có dòng tiêu đề.",
        "There is no posting in the file: it is empty, or has headings alone.",
        "Kiểm tra đã chọn đúng tệp và đúng trang tính.",
        "See whether it is the right file, and the right sheet of it.",
    ),
    "headings_wrong": _advice(
        "Dòng đầu thiếu cột bắt buộc (`missing`, mỗi nhóm cần một) hoặc lặp cột (`repeated`).",
        "The first line lacks a column that is needed (`missing`, one of each group) or repeats one (`repeated`).",
        "Sửa dòng tiêu đề theo docs/job-import.md; `known` là mọi tên cột.",
        "Put the headings right as docs/job-import.md has them; `known` are all of them.",
    ),
    "import_running": _advice(
        "Đơn vị này đang nhập một tệp khác.",
        "Another file of this employer is being taken in.",
        "Chờ đến khi list_job_imports báo xong, hoặc gọi cancel_job_import.",
        "Wait until list_job_imports says that it is over, or cancel_job_import.",
    ),
    "feed_restarted": _advice(
        "Cơ sở dữ liệu đã được phục hồi hoặc thay thế kể từ khi dấu `since` được cấp.",
        "The database was restored or replaced since the `since` token was given.",
        "Bỏ mọi tin đã lấy và gọi lại get_job_feed không có `since`.",
        "Forget everything you took, and call get_job_feed without `since`.",
    ),
    "insufficient_user_authentication": _advice(
        "Việc này cần một lần xác thực mới hơn hoặc mạnh hơn: `acr_values` là mức cần, `max_age` là số giây.",
        "This needs a fresher or stronger proof of who is calling: `acr_values` is the level, `max_age` the seconds.",
        "Đăng nhập lại bằng cách đạt mức đó, gửi kèm access_token đang có, rồi gửi lại yêu cầu với token mới.",
        "Sign in again by a way that reaches the level, sending the present access token along; then repeat it.",
    ),
    "too_many_streams": _advice(
        "Tài khoản đã mở đủ số kết nối /v1/events cho phép, hoặc máy chủ đang có quá nhiều kết nối.",
        "The account has as many streams of /v1/events open as it may have, or the server is full of them.",
        "Đóng kết nối không dùng nữa; chờ Retry-After giây rồi mở lại, trong lúc đó tải list_notifications.",
        "Close what you do not use; wait Retry-After seconds before you open one; list_notifications has it all.",
    ),
    "job_full": _advice(
        "Số người đã tuyển bằng số chỗ (`filled` = `openings`), nên tin đã đóng.",
        "As many were hired as the posting has places (`filled` = `openings`), so it is closed.",
        "Để tuyển thêm, gọi renew_job với `openings` lớn hơn rồi chuyển hồ sơ lại.",
        "To hire more, call renew_job with more `openings`, then move the application again.",
    ),
    "template_exists": _advice(
        "Đơn vị đã có một mẫu tin với tên này.",
        "The employer has a template of this name already.",
        "Đặt tên khác, hoặc sửa mẫu có sẵn (list_job_templates, update_job_template).",
        "Choose another name, or change the one there is (list_job_templates, update_job_template).",
    ),
    "employer_suspended": _advice(
        "Cơ quan lao động đã đình chỉ đơn vị, nên không đăng, mở lại hay gia hạn tin được.",
        "The labour office has suspended the employer, so it cannot publish, resume or renew.",
        "Hiện lý do đình chỉ (get_employer) và cách liên hệ cơ quan lao động.",
        "Show the reason (get_employer) and how to reach the labour office.",
    ),
    "share_over": _advice(
        "Việc mà đường dẫn này dẫn đến đã đóng hoặc hết hạn.",
        "The job that this link leads to is closed or past its end.",
        "Báo cho người dùng và mời họ tìm việc tương tự (list_jobs).",
        "Say so, and offer a search for similar jobs (list_jobs).",
    ),
    "too_much_hidden": _advice(
        "Đã ẩn 500 việc, đơn vị hoặc nghề.",
        "500 jobs, employers or occupations are hidden already.",
        "Hiện list_hidden_recommendations để người dùng bỏ bớt; ẩn cả đơn vị hoặc nghề thay vì từng việc.",
        "Show list_hidden_recommendations so that some are taken back; hide an employer or an occupation as a whole.",
    ),
    "saved_jobs_full": _advice(
        "Đã lưu 500 việc.",
        "500 jobs are kept already.",
        "Hiện list_saved_jobs và để người dùng bỏ bớt (unsave_job) trước khi lưu thêm.",
        "Show list_saved_jobs and let the person drop some (unsave_job) before they keep another.",
    ),
    "below_minimum_wage": _advice(
        "Lương cho công việc ở giờ bình thường thấp hơn mức tối thiểu vùng của xã, phường: `month_vnd`, `hour_vnd`.",
        "The pay for the work at normal hours is below the ward's regional minimum: `month_vnd`, `hour_vnd`.",
        "Tăng lương trong trường được nêu lên mức của `decree`; phụ cấp và tăng ca không được tính vào.",
        "Raise the named field to what `decree` demands; allowances and overtime do not count. See calculate_pay.",
    ),
    "saved_searches_full": _advice(
        "Đã lưu 20 tìm kiếm.",
        "20 searches are saved already.",
        "Hiện list_saved_searches và để người dùng xoá bớt (delete_saved_search) trước khi lưu thêm.",
        "Show list_saved_searches and let the person delete some (delete_saved_search) before they save another.",
    ),
    "saved_search_exists": _advice(
        "Một tìm kiếm đã lưu có cùng điều kiện, dù có thể viết khác đi.",
        "A saved search demands the same, perhaps in other words.",
        "Mở tìm kiếm đó (list_saved_searches) và sửa bằng update_saved_search.",
        "Open that search (list_saved_searches) and change it with update_saved_search.",
    ),
    "consent_required": _advice(
        "Việc này dùng dữ liệu cho mục đích `purpose` mà người dùng chưa đồng ý.",
        "This uses data for `purpose`, to which the person has not consented.",
        "Hiện nội dung của mục đích (list_purposes) và gọi give_consent khi người dùng đồng ý.",
        "Show the purpose's text (list_purposes), and call give_consent when the person agrees.",
    ),
    "invalid_dpop_proof": _advice(
        "Bằng chứng trong DPoP sai, cũ, đã dùng, hoặc của khoá, địa chỉ hay token khác: xem WWW-Authenticate.",
        "The proof in DPoP is wrong, old, used, or of another key, address or token: see WWW-Authenticate.",
        "Tạo bằng chứng mới cho mỗi yêu cầu, kể cả khi gửi lại, và kiểm tra đồng hồ của thiết bị.",
        "Make a new proof for each request, retries too, and look at the clock of the device.",
    ),
    "use_dpop_nonce": _advice(
        "Bằng chứng thiếu nonce của chúng tôi, hoặc nonce đã cũ.",
        "The proof lacks our nonce, or has an old one.",
        "Tạo lại bằng chứng với DPoP-Nonce của câu trả lời này và gửi lại ngay.",
        "Make the proof again with the DPoP-Nonce of this answer, and repeat the request at once.",
    ),
    "dpop_required": _advice(
        "Cán bộ đăng nhập mà không kèm khoá của thiết bị.",
        "An official signed in without a key of the device.",
        "Tạo khoá ES256 trong phần cứng của thiết bị và gửi bằng chứng DPoP khi đăng nhập (RFC 9449).",
        "Make an ES256 key in the hardware of the device, and send a DPoP proof when signing in (RFC 9449).",
    ),
    "device_not_enrolled": _advice(
        "Thiết bị đang dùng chưa được tin cậy, nên không thể xác nhận thay cho thiết bị khác.",
        "The device in use is not trusted, so it cannot speak for another.",
        "Xác nhận trên thiết bị đã được tin cậy, hoặc đăng nhập bằng passkey trên thiết bị mới.",
        "Do it on a trusted device, or sign in with a passkey on the new one.",
    ),
    "topic_mandatory": _advice(
        "Mục này liên quan đến an toàn tài khoản nên luôn bật; `why` nói vì sao.",
        "This one keeps your account safe, so it is always on; `why` says the reason.",
        "Để mục này bật. Các mục không có dấu bắt buộc thì tắt được, và giờ yên lặng đặt được.",
        "Leave it on. Topics that are not marked as mandatory can be switched off, and quiet hours can be set.",
    ),
    "channel_not_offered": _advice(
        "`topic` không gửi qua `channel`.",
        "`topic` is not sent by `channel`.",
        "Chỉ gửi những kênh mà get_notification_preferences liệt kê cho mục đó.",
        "Send only the channels that get_notification_preferences lists for that topic.",
    ),
    "never_loud": _advice(
        "Các khoảng yên lặng che kín cả tuần, nên không thông báo nào đến được điện thoại.",
        "The quiet hours cover the whole week, so that nothing would ever reach the phone.",
        "Bớt một khoảng, hoặc tắt kênh push của từng mục.",
        "Leave some time out, or switch off push for the topics.",
    ),
    "cooling_off": _advice(
        "Tài khoản vừa được khôi phục hoặc đổi số; việc quan trọng phải chờ đến `until`.",
        "The account was recovered or changed its phone lately; sensitive acts wait until `until`.",
        "Chờ đến `until`. Nếu không phải bạn khôi phục, hãy báo ngay cho chúng tôi.",
        "Wait until `until`. If it was not you who recovered it, tell us at once.",
    ),
    "identity_case_open": _advice(
        "Hồ sơ danh tính đã gửi trước đó chưa được quyết định.",
        "What was submitted before is not decided yet.",
        "Chờ thông báo, hoặc rút hồ sơ đó (withdraw_identity_case) rồi gửi lại.",
        "Wait for the notice, or withdraw that case (withdraw_identity_case) and submit again.",
    ),
    "identity_of_another": _advice(
        "Tài khoản này đã được xác nhận cho một số định danh khác; mỗi tài khoản chỉ thuộc về một người.",
        "This account is confirmed for another number; an account belongs to one person for good.",
        "Kiểm tra lại số; người khác thì dùng tài khoản của mình.",
        "Check the number; somebody else uses an account of their own.",
    ),
    "number_taken": _advice(
        "Một tài khoản khác đã được xác nhận cho số định danh này; mỗi người một tài khoản.",
        "Another account is confirmed for this number; one person has one account.",
        "Từ chối với lý do number_taken; người đó đăng nhập hoặc khôi phục tài khoản cũ.",
        "Refuse with the reason number_taken; the person signs in to their old account, or recovers it.",
    ),
    "case_claimed": _advice(
        "Một cán bộ khác đang xử lý hồ sơ này.",
        "Another official has claimed this case.",
        "Chọn hồ sơ khác; sau bốn giờ không quyết định thì người khác được nhận.",
        "Take another case; after four hours without a decision anybody may claim it.",
    ),
    "own_identity_first": _advice(
        "Danh tính của chính cán bộ chưa được xác nhận nên chỉ được xử lý hồ sơ của cán bộ khác.",
        "The official's own identity is not confirmed; until then they decide on the staff only.",
        "Gửi danh tính của mình (submit_identity); một cán bộ khác, VNeID hoặc nhà cung cấp định danh sẽ xác nhận.",
        "Submit your own (submit_identity); a colleague, VNeID or an identity provider confirms it.",
    ),
    "text_refused": _advice(
        "Nội dung có mã HTML, Markdown, đường dẫn lạ, hoặc quá dài cho một cảnh báo: xem `errors`.",
        "The text holds HTML, Markdown or a foreign link, or is too long for an alert: see `errors`.",
        "Viết lại bằng chữ thường; chỉ dẫn đến địa chỉ https của hệ thống.",
        "Write plain text; link to our own https address only.",
    ),
    "audience_unknown": _advice(
        "Có mã xã, phường không có trong danh mục đang dùng hoặc danh mục trước đó: xem `errors`.",
        "Some codes are not in the list in force, or in the one before for `old_ward_codes`: see `errors`.",
        "Lấy mã từ list_wards hoặc resolve_place.",
        "Take codes from list_wards or resolve_place.",
    ),
    "audience_not_public": _advice(
        "Cảnh báo công cộng không chọn vai trò, ngôn ngữ và không gửi rải: xem `errors`.",
        "A public alert has no role, no language and is not spread over time: see `errors`.",
        "Bỏ các trường đó, hoặc tạo announcement.",
        "Leave these fields out, or make it an announcement.",
    ),
    "beyond_your_wards": _advice(
        "Đối tượng nhận có nơi ngoài địa bàn được phân công; không nêu xã, phường nào là gửi cho mọi nơi.",
        "The audience has wards that your role does not reach; naming no ward means everywhere.",
        "Chỉ chọn xã, phường trong địa bàn của bạn, hoặc để người phụ trách toàn tỉnh soạn.",
        "Name wards of your role only, or leave it to an official who is appointed for everywhere.",
    ),
    "another_person_decides": _advice(
        "Người duyệt đã soạn, sửa hoặc đề nghị chiến dịch này, hoặc dùng cùng phiên hay thiết bị với người đó.",
        "Whoever decides has written, changed or proposed it, or uses the session or device of somebody who has.",
        "Để một cán bộ khác hoặc quản trị viên duyệt trên thiết bị của họ.",
        "Let another official or an administrator decide, at their own device.",
    ),
    "campaign_proposal_lapsed": _advice(
        "Đề nghị đã quá một tuần, hoặc người đề nghị không còn được phân công cho địa bàn đó.",
        "The proposal is over a week old, or whoever proposed it is no longer appointed for these wards.",
        "Rút lại (withdraw_campaign), kiểm tra nội dung và đề nghị lại (propose_campaign).",
        "Withdraw it (withdraw_campaign), look at it again and propose it anew (propose_campaign).",
    ),
    "own_posting": _advice(
        "Tin này của đơn vị mà bạn làm việc, hoặc chính bạn đã phản ánh.",
        "The posting is of an employer you act for, or you have reported it yourself.",
        "Để cán bộ khác quyết định; với tin của mình, sửa hoặc đóng tin (update_job, close_job).",
        "Leave it to another official; change or close a posting of your own (update_job, close_job).",
    ),
    "moderation_decided": _advice(
        "Cán bộ khác đã quyết định, hoặc đơn vị đã rút tin về.",
        "Another official has decided, or the employer has taken the posting back.",
        "Tải lại danh sách (list_moderation_cases).",
        "Load the list again (list_moderation_cases).",
    ),
    "decided_by_you": _advice(
        "Quyết định bị khiếu nại là của chính bạn.",
        "The decision that is appealed against is your own.",
        "Để cán bộ khác xem khiếu nại.",
        "Leave the appeal to another official.",
    ),
    "not_appealable": _advice(
        "Mỗi quyết định khiếu nại một lần, trong 30 ngày, chỉ cái mới nhất; xem `can_appeal` của get_job_review.",
        "A decision is appealed once, within 30 days, and only the last one: see `can_appeal` of get_job_review.",
        "Sửa tin và đăng lại, hoặc chờ kết quả khiếu nại đã gửi.",
        "Change the posting and publish it again, or wait for the appeal that was sent.",
    ),
    "report_answered": _advice(
        "Cán bộ khác đã trả lời phản ánh này.",
        "Another official has answered this report.",
        "Tải lại danh sách (list_job_reports).",
        "Load the list again (list_job_reports).",
    ),
    "own_case": _advice(
        "Hồ sơ này là của chính cán bộ.",
        "The case is the official's own.",
        "Để người khác xử lý.",
        "Leave it to somebody else.",
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
    "own_employer": _advice(
        "Bạn, bằng tài khoản này hay tài khoản khác, là thành viên của đơn vị.",
        "You are a member of the employer, by this account or another.",
        "Để cán bộ khác quyết định.",
        "Leave the decision to another official.",
    ),
    "last_owner": _advice(
        "Sau việc này đơn vị sẽ không còn chủ.",
        "Nobody would own the employer after this.",
        "Giao quyền chủ cho một thành viên khác trước (change_member_role).",
        "Make another member owner first (change_member_role).",
    ),
    "invitation_over": _advice(
        "Lời mời đã hết hạn, đã bị rút lại hoặc đã được trả lời.",
        "The invitation has expired, was taken back or was answered.",
        "Xin đơn vị mời lại.",
        "Ask the employer for a new one.",
    ),
    "too_many_invitations": _advice(
        "Đơn vị có tối đa 20 lời mời đang chờ và gửi tối đa 30 lời mời trong một ngày.",
        "An employer has at most 20 invitations waiting, and makes at most 30 in a day.",
        "Chờ trả lời, hoặc rút lại những lời mời không cần nữa.",
        "Wait for answers, or take back what is not needed any more.",
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
    "phone_taken": _advice(
        "Số điện thoại mới đã thuộc về một tài khoản.",
        "The new phone number belongs to an account already.",
        "Đăng nhập bằng số đó, hoặc dùng một số khác.",
        "Sign in with that number, or use another one.",
    ),
    "recovery_under_way": _advice(
        "Vừa có một yêu cầu khôi phục khác từ cùng số điện thoại mới.",
        "Another recovery was begun from the same new phone at the same moment.",
        "Chờ yêu cầu đó, hoặc bắt đầu lại.",
        "Wait for that one, or begin again.",
    ),
    "signature_invalid": _advice(
        "Chữ ký không khớp với khoá của bên gửi, hoặc thời điểm lệch quá xa (tổng đài: năm phút; Zalo: một ngày).",
        "The signature does not fit the sender's key, or its time is off by five minutes (gateways) or a day (Zalo).",
        "Ký lại id.timestamp.body bằng khoá đã cấp, theo standardwebhooks.com.",
        "Sign id.timestamp.body again with the key you were given, as standardwebhooks.com says.",
    ),
    "passkey_challenge_over": _advice(
        "Yêu cầu này không do chúng tôi đưa ra, đã dùng, quá năm phút, hoặc thuộc phiên khác.",
        "The challenge was not ours, was used, is older than five minutes, or was given to another session.",
        "Bắt đầu lại: gọi thao tác begin_… một lần nữa.",
        "Begin again with the begin_… operation.",
    ),
    "passkey_refused": _advice(
        "Câu trả lời của khoá không hợp lệ; `reason` nói vì sao (origin, relying_party, user_verification…).",
        "The authenticator's answer does not hold; `reason` says why (origin, relying_party, user_verification …).",
        "origin, relying_party: kiểm tra địa chỉ, chứng chỉ ký của ứng dụng. Còn lại: bắt đầu lại.",
        "origin, relying_party: look at the address and the signing key of the app. Otherwise begin again.",
    ),
    "passkey_unknown": _advice(
        "Khoá đã bị xoá khỏi tài khoản, hoặc chưa từng được đăng ký ở đây.",
        "The passkey was removed from its account, or never registered here.",
        "Báo cho máy biết (signalUnknownCredential) và mời đăng nhập cách khác.",
        "Tell the phone (signalUnknownCredential), and offer another way to sign in.",
    ),
    "passkey_counter_back": _advice(
        "Bộ đếm của khoá không tăng: có thể có bản sao ở nơi khác.",
        "The passkey's counter did not go forward: somebody may have a copy.",
        "Đăng nhập cách khác, xoá khoá này và tạo khoá mới.",
        "Sign in another way, remove this passkey and make a new one.",
    ),
    "passkey_of_other_side": _advice(
        "Khoá công vụ chỉ mở phiên `official`, khoá cá nhân chỉ mở phiên `app`.",
        "An official's passkey opens sessions of audience `official` alone, a personal one those of `app` alone.",
        "Chọn khoá kia (khoá công vụ có tên kèm “công vụ”), hoặc gửi đúng `audience`.",
        "Choose the other passkey (an official's has “công vụ” in its name), or send the audience it is for.",
    ),
    "enrolment_over": _advice(
        "Vé đã dùng, quá 24 giờ, đã có vé mới hơn, hoặc người này không còn vai trò cán bộ.",
        "The ticket was used, is older than 24 hours, was replaced by a newer one, or the role has ended.",
        "Hai người quản trị cấp vé mới (propose_enrolment).",
        "Two administrators give a new one (propose_enrolment).",
    ),
    "passkey_proof_required": _advice(
        "Tài khoản đã có khoá truy cập: thêm hay xoá khoá cần phiên vừa đăng nhập bằng khoá.",
        "The account has a passkey: adding or removing one needs a session just opened with it.",
        "Đăng nhập bằng khoá, gửi kèm access_token, rồi gửi lại. Mất khoá thì khôi phục tài khoản.",
        "Sign in with it, sending the access token along, then again. Whoever lost it goes the way of recovery.",
    ),
    "refresh_token_reused": _advice(
        "Refresh token này đã được dùng trước đó, nên có thể ai đó đang giữ một bản sao. Phiên đã kết thúc.",
        "This refresh token was used before, so somebody may hold a copy of it. The session has ended.",
        "Mời người dùng đăng nhập lại. Mất câu trả lời thì gửi lại trong 30 giây; không có khoá DPoP thì chỉ một lần.",
        "Ask the user to sign in again. A lost answer comes again within 30 seconds; without a DPoP key only once.",
    ),
    "federated_sign_in_over": _advice(
        "Quá 10 phút, đã dùng rồi, hoặc `state` và `continuation` không cùng một lần bắt đầu.",
        "More than 10 minutes have passed, it was used, or `state` and `continuation` are not of one beginning.",
        "Bắt đầu lại; giữ `continuation` trong ứng dụng và gửi đúng cặp.",
        "Begin again; keep `continuation` in the app, and send the two that belong together.",
    ),
    "provider_refused": _advice(
        "Nhà cung cấp không nhận `code`: đã hết hạn, đã dùng, hoặc của lần đăng nhập khác.",
        "The provider does not take the `code`: it is too old, was used, or belongs to another sign-in.",
        "Bắt đầu lại.",
        "Begin again.",
    ),
    "provider_untrusted": _advice(
        "Câu trả lời của nhà cung cấp không qua được kiểm tra (chữ ký, người nhận, nonce, thời gian, iss).",
        "What the provider answered fails our checks (signature, audience, nonce, time, iss).",
        "Gửi `iss` như địa chỉ quay lại có ghi; bắt đầu lại. Nếu lặp lại, báo cho chúng tôi `request_id`.",
        "Send `iss` as the address had it; begin again. If it keeps happening, tell us the `request_id`.",
    ),
    "already_linked": _advice(
        "Danh tính này đã thuộc về một tài khoản khác, hoặc tài khoản này đã có một danh tính khác ở đó.",
        "That identity has another account already, or this account has another identity there.",
        "Đăng nhập bằng danh tính đó, hoặc gỡ liên kết cũ trước. Hai tài khoản không tự gộp.",
        "Sign in with that identity, or remove the old link first. Two accounts never merge by themselves.",
    ),
    "last_way_in": _advice(
        "Gỡ cách này thì không còn cách nào đăng nhập.",
        "Without it there is no way to sign in any more.",
        "Thêm số điện thoại, khoá truy cập hoặc nhà cung cấp khác trước.",
        "Add a phone, a passkey or another provider first.",
    ),
    "id_token_refused": _advice(
        "Token của Firebase hết hạn, bị thu hồi, đã dùng, của dự án khác, hoặc số máy được xác thực quá 5 phút trước.",
        "Firebase's token is over, revoked, used, of another project, or the phone was verified over 5 minutes ago.",
        "Xác thực lại số máy bằng SDK của Firebase rồi gửi token mới ngay.",
        "Verify the phone again with Firebase's SDK and send the new token at once.",
    ),
    "way_in_not_offered": _advice(
        "Nơi này không mở đăng nhập bằng Firebase.",
        "Signing in by Firebase is not offered here.",
        "Dùng request_otp.",
        "Use request_otp.",
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
