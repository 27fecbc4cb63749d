"""The words of the document that stand in no route: how to begin, the tags, the parameters named alike everywhere."""

TITLE = "Long An ID"
SUMMARY = "API siêu ứng dụng cho người lao động / The API of a province's super-app for its workers"
CONTACT = {"name": "Long An ID"}
# The repository names no licence, and without one nothing is granted.
LICENSE = {"name": "All rights reserved", "identifier": "LicenseRef-All-rights-reserved"}

DESCRIPTION = """\
## Bắt đầu

- **Đăng nhập**: `request_otp` gửi mã đến điện thoại, `verify_otp` đổi mã lấy `access_token` (5 phút) và
  `refresh_token`. Gửi `Authorization: Bearer <access_token>`. Hết hạn thì gọi `refresh_session`: mỗi `refresh_token`
  dùng **một lần**, dùng lại thì cả phiên bị kết thúc.
- **Lỗi** luôn cùng một dạng, `application/problem+json`: dựa vào `code` để xử lý, hiện `title` cho người dùng,
  `errors[].pointer` chỉ trường sai, gửi `request_id` khi cần hỗ trợ. Mỗi `code` có trang riêng: [/problems](/problems).
- **Danh sách**: `limit` từ 1 đến 100; gửi lại `next_cursor` qua `cursor` cùng bộ lọc; `null` là hết.
- **Không làm hai lần**: thao tác tạo mới cần `Idempotency-Key`. Mất mạng thì gửi lại **cùng khóa, cùng nội dung**:
  nhận lại đúng câu trả lời cũ, kèm `Idempotent-Replayed: true`.
- **Sửa**: `PATCH` cần `If-Match` với `ETag` đang giữ; người khác sửa trước thì nhận 412 `stale`, hãy tải lại.
- **Quá nhanh**: 429 kèm `Retry-After` (giây). Máy chủ bận: 503 kèm `Retry-After`.

## Getting started

- **Sign in**: `request_otp` sends a code to the phone, `verify_otp` gives an `access_token` (5 minutes) and a
  `refresh_token`. Send `Authorization: Bearer <access_token>`. Then `refresh_session`: a `refresh_token` is good
  **once**; using one again ends the session.
- **Errors** have one shape, `application/problem+json`: branch on `code`, show `title`, find the wrong field in
  `errors[].pointer` (`/field` of the body, `?name` of the query, `Name:` of a header), quote `request_id` to us. Each
  `code` has a page under [/problems](/problems). Besides those listed, any request may get 405, 408, 414, 431 or 501.
- **Lists**: `limit` 1 to 100; send `next_cursor` as `cursor` with the same filters; `null` is the end.
  A filter that takes many values takes them comma-separated. Unknown and repeated parameters are refused.
- **Once only**: what creates needs an `Idempotency-Key`. After a lost answer send the **same key and body**: the first
  answer comes again with `Idempotent-Replayed: true`. Another body under the same key is 422 `idempotency_key_reused`.
- **Changes**: `PATCH` needs `If-Match` with the `ETag` you hold; 412 `stale` when somebody was faster. What is absent
  stays as it is; name a field in `clear` to empty it.
- **Answers** always carry every field, `null` when unknown. New fields and new values of enumerations may come within
  `/v1`: ignore fields and be ready for values you do not know (`x-extensible-enum`).
- **Forms**: money is whole đồng in 64-bit integers; times are RFC 3339 in UTC with `Z`; ids are UUIDs, in lower case.
- **Language**: `Accept-Language: vi` (default) or `en`.
"""

TAGS: dict[str, str] = {
    "identity": "Đăng nhập bằng mã gửi qua SMS. Signing in by a code.",
    "sessions": "Phiên đăng nhập, mã truy cập và khóa công khai. Sessions, tokens and public keys.",
    "device_keys": "Thiết bị tin cậy. The devices an account trusts, by their keys.",
    "passkeys": "Khóa truy cập (passkey). Passkeys.",
    "federation": "Đăng nhập qua SSO quốc gia, VNeID, và các cách đăng nhập của mình. Other ways in, and linking them.",
    "firebase": "Đăng nhập bằng số máy mà Firebase đã xác thực. Signing in by Firebase.",
    "assurance": "Xác nhận danh tính. Confirmed identity.",
    "reviews": "Cán bộ xem xét danh tính. Officials decide on identities.",
    "recovery": "Đổi số điện thoại, khôi phục tài khoản. Another phone, and the way back.",
    "staff": "Vai trò của cán bộ và quản trị. Roles of officials and administrators.",
    "privacy": "Sự đồng ý cho từng mục đích, đơn vị bị chặn. Consents, purpose by purpose, and blocked employers.",
    "people": "Hồ sơ của chính mình. One's own account.",
    "places": "Tỉnh, xã, phường mới và cũ. Provinces and wards, new and old.",
    "labour": "Nghề nghiệp, lương tối thiểu, tính lương. Occupations, minimum wages, what a pay is worth.",
    "employers": "Đơn vị tuyển dụng và việc xác minh. Employers and their verification.",
    "members": "Ai làm việc cho đơn vị, lời mời. Who acts for an employer, and invitations.",
    "dossiers": "Hồ sơ một cửa. How far a dossier is, for whoever holds its receipt.",
    "dossier_watches": "Theo dõi hồ sơ. Dossiers one watches, and what one is told of them.",
    "offices": "Cơ quan, quầy và thiết bị ở quầy. Offices of agencies, and the kiosks at their counters.",
    "ratings": "Đánh giá sau khi xong hồ sơ, sau khi đến quầy. Rating a finished dossier, or a visit.",
    "rating_results": "Kết quả đánh giá. What was said of offices.",
    "registry": "Đối chiếu với cơ quan thuế. What the tax registry says of employers.",
    "job_search": "Tìm việc. Job search.",
    "job_suggestions": "Gợi ý khi tìm việc. Suggestions while one types.",
    "job_alerts": "Tìm kiếm đã lưu và việc mới đúng với chúng. Saved searches, and new jobs that fit them.",
    "jobs": "Tin tuyển dụng. Job postings.",
    "job_templates": "Mẫu tin của đơn vị. An employer's templates of postings.",
    "publishing": "Đăng, tạm dừng, gia hạn, đóng tin. A posting published, paused, renewed, closed.",
    "job_shares": "Gửi việc cho người khác. Links to jobs that are passed on.",
    "recommendations": "Việc phù hợp và vì sao. Jobs that may suit one, and why.",
    "feedback": "Phản ánh 1022. What citizens report to the province, and how they follow it.",
    "feedback_desk": "Cán bộ xem phản ánh 1022. Officials see what waits for them, and each report with its story.",
    "feedback_steps": "Cán bộ xử lý phản ánh. Each step, urgency, merging, and what of a report is public.",
    "feedback_units": "Đơn vị xử lý và quy tắc chuyển. Units that handle reports, and the rules that route to them.",
    "feedback_results": "Kết quả xử lý phản ánh. How well the terms of reports are kept, in figures.",
    "feedback_map": "Bản đồ phản ánh. Reports as everybody sees them: a map, tiles, counts, categories.",
    "job_reports": "Phản ánh tin tuyển dụng. What workers report of postings.",
    "moderation": "Cán bộ xem xét tin tuyển dụng, khiếu nại. Officials decide on postings, and on appeals.",
    "saved_jobs": "Việc đã lưu, đã xem. Jobs one keeps, and those one has opened.",
    "job_exchange": "Nhập tin tuyển dụng từ tệp. Postings from a file.",
    "job_feed": "Tin tuyển dụng cho trang khác dùng. Open jobs for other sites.",
    "applications": "Ứng tuyển và các bước tiếp theo. Applications and what becomes of them.",
    "insights": "Số liệu tin tuyển dụng và thị trường việc làm. Figures of postings and of the job market.",
    "housing": "Một chỗ ở và việc làm quanh đó. One place to live, and the work around it.",
    "housing_search": "Tìm chỗ ở gần nơi làm việc. Finding a place to live near the work.",
    "housing_map": "Bản đồ chỗ ở. Places to live on a map.",
    "housing_alerts": "Tìm chỗ ở đã lưu và chỗ mới đúng với chúng. Saved searches for a place, and new ones that fit.",
    "listings": "Tin cho thuê của mình: viết, kiểm tra, ảnh. One's own listings of rooms, and checking them.",
    "viewings": "Hẹn xem phòng: xin giờ, nhận, đổi, từ chối. Requests to see a room.",
    "viewing_numbers": "Số điện thoại khi đã hẹn, ai đã xem. Numbers of viewings, and who has seen them.",
    "housing_reports": "Phản ánh tin cho thuê. Reports of listings.",
    "housing_desk": "Bàn duyệt tin cho thuê. The desk of officials for listings.",
    "letting": "Đăng tin cho thuê, xác nhận còn chỗ, đóng. A listing published, confirmed, closed.",
    "job_room": "Việc và phòng: mỗi tháng còn lại bao nhiêu. What is left of the pay with a job and a room.",
    "eligibility": "Nhà ở xã hội: xem trước điều kiện. Social housing: conditions, papers, projects; no decision.",
    "eligibility_rules": "Cán bộ soạn và công bố quy định nhà ở xã hội. The rules of social housing, written anew.",
    "residence": "Khai báo khi chuyển đến ở: lưu trú, tạm trú. What is declared when somebody moves in.",
    "photos": "Ảnh gửi lên và ảnh công khai. Pictures that are sent, and those that all may see.",
    "catalogue": "Nhập, công bố và so sánh phiên bản thủ tục. Imports, publication and versions of procedures.",
    "hsds": "Dịch vụ công theo chuẩn HSDS 3.1. Public services as Human Services Data Specification 3.1.",
    "services": "Thủ tục hành chính. Public administrative procedures.",
    "checklists": "Danh sách giấy tờ đang chuẩn bị. Papers of a procedure that one is gathering.",
    "open311": "Open311 GeoReport v2: đọc. What everybody reads of reports, in JSON and XML.",
    "open311_reports": "Open311 GeoReport v2: gửi. What partner systems report, and what officials decide of it.",
    "open311_keys": "Khóa Open311 của đối tác. Which partner systems may report.",
    "handover": "Chuyển phản ánh sang hệ thống khác. Reports that another system handles, followed there.",
    "notifications": "Hộp thông báo. The inbox of notices.",
    "preferences": "Muốn nghe gì, qua kênh nào, lúc nào. What you hear, by which way, and when.",
    "events": "Những gì vừa xảy ra, ngay khi xảy ra. What happens, as it happens.",
    "campaigns": "Cán bộ thông báo cho nhiều người. What officials tell many people.",
    "push": "Điện thoại nhận thông báo đẩy. The phones that pushes go to.",
    "fallback": "Zalo báo lại tin đã đến. What Zalo tells of messages that stood in for a push.",
    "health": "Máy chủ có đang hoạt động không. Whether the service stands.",
    "docs": "Tài liệu này và các lỗi. This document and the problems.",
}

# For parameters whose own type says nothing.
PARAMETERS: dict[str, str] = {
    "account_id": "The account",
    "application_id": "The application",
    "campaign_id": "The campaign",
    "case_id": "The case",
    "handover_id": "The handover",
    "key_id": "The key",
    "submission_id": "What a partner has posted",
    "checklist_id": "The checklist: a UUID that the phone makes",
    "code": "The code",
    "employer_id": "The employer",
    "gateway": "The SMS gateway: `first` or `second`",
    "hidden_id": "What was hidden",
    "housing_id": "The room or house",
    "invitation_id": "The invitation",
    "import_id": "The import",
    "procedure_import_id": "The import of procedures",
    "installation_id": "The app's installation id on this device, made by the app",
    "job_id": "The job",
    "template_id": "The template",
    "kind": "Only of this kind",
    "level": "The level of government that decides",
    "member_id": "The member, as `list_members` gives it",
    "notification_id": "The notice",
    "old_ward_code": "Ward code in force on 2025-06-30; all wards it went to are searched",
    "photo_id": "The picture: the `id` of its upload",
    "place": "A ward or district by name, old or new",
    "proposal_id": "The proposal",
    "report_id": "The report",
    "feedback_id": "The report to 1022",
    "unit_id": "The unit that handles reports",
    "rule_id": "The rule by which reports are routed",
    "purpose_code": "The purpose",
    "provider": "The provider's id, as `list_identity_providers` gives it",
    "province_code": "Province code in force now",
    "kiosk_id": "The kiosk",
    "month": "The month, YYYY-MM",
    "office_id": "The office, as `list_offices` gives it",
    "rating_id": "The rating: the `id` that its rater was given",
    "unlisted": "Only those that no official has listed, or only the others",
    "passkey_id": "The passkey",
    "recovery_id": "The recovery",
    "saved_search_id": "The saved search",
    "session_id": "The session",
    "share_code": "The code of the link",
    "sort": "The order",
    "waiting": "`false` for those decided as well",
    "unread": "`true` for those not read yet only",
    "source": "The source of dossiers: `lgsp`",
    "upload_id": "The upload",
    "service_id": "The service, by its lasting id",
    "organization_id": "The organization, by its lasting id",
    "taxonomy_id": "The classification, by its lasting id",
    "taxonomy_term_id": "The term, by its lasting id",
    "service_at_location_id": "The service at its location, by its lasting id",
    "housing_search_id": "The saved search for a place to live",
    "viewing_id": "The request to see a room",
    "pair_id": "The two listings with one picture",
    "watch_id": "The watch of a dossier",
    "ward_code": "Ward code of the list in force now",
}
