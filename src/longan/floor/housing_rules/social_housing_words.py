"""The words in which a judgement on social housing is explained, Vietnamese and English."""

from longan.floor.housing_rules.social_housing_rules import Household, Wish

NO_RULE = "Chưa có quy định của ngày này trong dữ liệu", "No rule of that day is known here"
WISHES: dict[Wish, tuple[str, str]] = {
    "buy": ("mua", "buy"), "lease_purchase": ("thuê mua", "buy on lease"), "rent": ("thuê", "rent"),
}  # fmt: skip
HOUSEHOLD_WORDS: dict[Household, tuple[str, str]] = {
    "single": ("độc thân", "single"), "single_parent": ("độc thân nuôi con nhỏ", "single with a minor child"),
    "couple": ("hai vợ chồng", "a couple together"),
}  # fmt: skip
INCOME_WORDS = {
    "none": ("Nhóm này không phải đáp ứng điều kiện về thu nhập", "No condition of income for this group"),
    "membership": ("Thuộc nhóm này là đủ điều kiện về thu nhập", "To be in this group is the condition of income"),
    "elsewhere": (
        "Điều kiện thu nhập của nhóm này có quy định riêng, chưa có trong dữ liệu",
        "The condition of income of this group is in a rule of its own, which is not known here",
    ),
}

OPENING_WORDS = {
    "yes": ("được {0}", "may {1}"),
    "no": ("không được {0}", "may not {1}"),
    "by_province": ("chỉ được {0} nếu tỉnh cho", "may {1} only where the province lets it"),
}
HOUSING_WORDS = {
    "met": ("Đạt điều kiện về nhà ở", "The condition of housing is met"),
    "not_met": ("Không đạt điều kiện về nhà ở", "The condition of housing is not met"),
    "unknown": ("Chưa đủ thông tin về nhà ở", "Not enough is known of your housing"),
}
OUTCOME_WORDS = {
    "conditions_met": ("theo những gì bạn khai thì đạt các điều kiện", "by what you say the conditions are met"),
    "conditions_not_met": ("theo những gì bạn khai thì chưa đạt điều kiện", "by what you say a condition is not met"),
    "not_known": ("chưa đủ thông tin để biết", "not enough is known to tell"),
}
FACT_WORDS = {
    "groups": ("thuộc thêm nhóm {0}", "you belonged to group {0} as well"),
    "household": ("tình trạng gia đình là {0}", "your household were {0}"),
    "income_month": ("thu nhập của bạn là {0} một tháng", "your income were {0} a month"),
    "spouse_income_month": ("thu nhập của vợ hoặc chồng là {0} một tháng", "your spouse's income were {0} a month"),
    "house_m2": ("nhà rộng {0} m2", "the house had {0} m2"),
    "house_people": ("nhà có {0} người đăng ký ở", "{0} people were registered in the house"),
    "day": ("xét theo quy định từ ngày {0}", "the rules from {0} on are taken"),
}
YES_NO_WORDS = {
    "has_house": (
        ("chưa có nhà ở tỉnh này", "you had no house in this province"),
        ("đã có nhà ở tỉnh này", "you had a house in this province"),
    ),
    "was_helped": (
        ("chưa từng được hỗ trợ nhà ở tại tỉnh này", "you had never been helped with housing in this province"),
        ("đã được hỗ trợ nhà ở tại tỉnh này", "you had been helped with housing in this province"),
    ),
    "house_far_from_work": (
        ("nhà không xa nơi làm việc", "the house were not far from work"),
        ("nhà xa nơi làm việc", "the house were far from work"),
    ),
}
