"""What rooms that let people write about a listing refuse alike."""

from longan.floor.base.errors import Conflict, Forbidden


class OwnHousing(Forbidden):
    """Nobody asks to see, reports or judges a listing of their own, or of an employer they act for; nor does an
    official judge what they have reported themself."""

    code = "own_housing"
    vi, en = "Đây là tin của chính bạn hoặc đơn vị của bạn", "This listing is your own or your employer's"


class HousingNotOpen(Conflict):
    """It is there, but is not to be had now, or has nobody who could be asked."""

    code = "housing_not_open"
    vi, en = "Tin này không nhận hẹn xem", "This listing takes no viewings now"
