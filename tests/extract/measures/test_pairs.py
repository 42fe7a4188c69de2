"""Two small stories that differ in one thing: the measure moves the way its question says."""

import pytest

from storyscope.extract.story import measure_text

RAIN = "The rain fell on the roof and ran down the wall. "
START = "Mara smiled at Tom. Tom told Mara to wait. "
PAST = "She shut the gate and crossed the yard. "
TALK = '"I am going to the water," {a} said.\n\n"I am coming too," {b} said.\n\n'

TRADES = "farmer teacher sailor doctor hunter painter tailor miller weaver potter".split()
THINGS = "house bridge garden window mirror basket candle ladder hammer saddle".split()
ADVANCE = " ".join(f"The {a}{b} met a {b}{a}." for a in TRADES for b in THINGS)


def both(more, less, start=START, times=16, around=""):
    return start + (more + around) * times, start + (less + around) * times


PEOPLE = [
    ("AGE_DES_10", *both("Mara nodded. ", "Mara rowed. ", around=PAST)),
    ("AGE_DES_11", *both("Mara glanced at the door. ", "Mara walked to the door. ")),
    ("AGE_DES_12", *both("The tired old woman sat down. ", "The woman sat down. ")),
    ("AGE_INN_02", *both("Mara knew the way. ", "Mara opened the door. ")),
    (
        "AGE_CAS_01",
        START * 8,
        "The baker smiled at the nurse. The nurse told the baker to wait. " * 8,
    ),
    ("AGE_CAS_02", *both("She sat. She rowed. ", "Mara sat. Tom rowed. ")),
    ("AGE_CAS_03", *both("She sat. She rowed. ", "Mara sat. Tom rowed. ")),
    ("AGE_CAS_04", RAIN * 30 + "A sailor waved. A nun shouted. A duke fell. ", RAIN * 30),
    ("AGE_NAM_02", RAIN * 30 + START * 4, START * 4 + RAIN * 30),
    ("AGE_NAM_03", *both("Mara sat. Tom rowed. ", "The woman sat. The baker rowed. ")),
    ("AGE_NAM_04", "Mara Quill met Tom Barnes. " + START * 4, START * 5),
    (
        "AGE_AGY_04",
        *both(
            "Mara pushed the cart. She opened the door. ",
            "Tom pushed the cart. He opened the door. ",
            START + "Mara sat. Mara rowed. " * 10,
        ),
    ),
    (
        "AGE_INT_02",
        START * 4 + RAIN * 30 + "Ada met Ben. Ada told Ben to wait. " * 4,
        ("Ada met Ben. " + START) * 4 + RAIN * 30,
    ),
    ("SOC_SIZ_02", (START + "Ada told Ben to wait. ") * 45, START * 65),
    ("SOC_SOL_02", "Mara sat by the stove. " * 160, (START + RAIN * 5) * 16),
    (
        "SOC_NET_01",
        (START + RAIN * 6) * 6
        + ("Ada met Mara. " + RAIN * 6 + "Tom sat. " + RAIN * 6 + "Ada saw Tom. " + RAIN * 6) * 4,
        (START + RAIN * 6) * 10 + ("Ada sat. " + RAIN * 6) * 10,
    ),
    (
        "SOC_NET_04",
        (START + RAIN * 6) * 9 + "Ada met Mara. Ada sat. Ada rowed. " + RAIN * 6,
        ("Mara met Tom. " + RAIN * 6 + "Ada met Mara. " + RAIN * 6 + "Tom met Ada. " + RAIN * 6)
        * 4,
    ),
    (
        "SOC_DIA_02",
        "Mara met Tom. " + TALK.format(a="Mara", b="Tom") * 8,
        "Mara met Tom. Ada sat. "
        + (TALK.format(a="Mara", b="Tom") + TALK.format(a="Ada", b="Tom")) * 4,
    ),
    (
        "SOC_DIA_04",
        START + TALK.format(a="Mara", b="Tom") * 8,
        START + (TALK.format(a="Mara", b="Tom") + RAIN * 9) * 8,
    ),
    (
        "SOC_DIA_06",
        START + TALK.format(a="Mara", b="Tom") * 4,
        START + TALK.format(a="Mara", b="Mara") * 4 + "Tom sat. " * 4,
    ),
    (
        "SOC_CHG_02",
        ("Mara sat. She rowed. " + RAIN * 6) * 8 + (START + "Ada met Ben. " + RAIN * 6) * 8,
        (START + "Ada met Ben. " + RAIN * 6) * 8 + ("Mara sat. She rowed. " + RAIN * 6) * 8,
    ),
]  # fmt: skip

TIME = [
    ("TMP_TNS_02", PAST * 30, "She shuts the gate and crosses the yard. " * 30),
    (
        "TMP_TNS_03",
        ((PAST * 6 + "\n\n") * 4 + ("She shuts the gate and crosses the yard. " * 6 + "\n\n") * 4)
        * 2,
        (PAST * 6 + "\n\n") * 16,
    ),
    ("TMP_TNS_05", PAST * 60, PAST * 52 + "She shuts the gate and crosses the yard. " * 10),
    ("TMP_ORD_01", *both("She had shut the gate. ", "She shut the gate. ")),
    ("TMP_ORD_08", *both("She remembered the boat. ", "She painted the boat. ", around=PAST)),
    (
        "TMP_ORD_09",
        PAST * 50 + "She had shut the gate. " * 8,
        "She had shut the gate. " * 8 + PAST * 50,
    ),
    (
        "TMP_DUR_03",
        (PAST * 3 + '"Go home," he said.\n\n') * 8,
        ("It was a long and quiet year, and the fields were bare. " * 3 + "\n\n") * 8,
    ),
    ("TMP_DUR_04", *both("He waited for two hours. ", "He waited for two boats. ", around=PAST)),
    ("TMP_DUR_05", *both("He waited for three years. ", "He waited for three minutes. ")),
    ("TMP_EXP_01", *both("He left at dusk. ", "He left at speed. ", around=PAST)),
    ("TMP_EXP_02", *both("He left at ten o'clock. ", "He left on Monday. ")),
    ("TMP_EXP_03", *both("He left in the evening. ", "He left on Monday. ")),
    ("TMP_EXP_04", *both("He left on Monday. ", "He left in the evening. ")),
    ("TMP_EXP_05", *both("For years he rowed. ", "For miles he rowed. ", around=PAST)),
    ("TMP_EXP_06", *both("Now he rowed. ", "Slowly he rowed. ", around=PAST)),
    ("TMP_EXP_07", *both("He rowed every day. ", "He rowed a boat. ", around=PAST)),
    (
        "TMP_EXP_08",
        *both("He had to be home by dusk. ", "He liked to be home in the house. ", around=PAST),
    ),
    ("TMP_DRM_09", *both("She spoke of a dream. ", "She spoke of a boat. ", around=PAST)),
    (
        "TMP_SIM_01",
        *both(
            "While Mara slept, Tom rowed to the island. ",
            "When Mara slept badly, she rowed to the island. ",
        ),
    ),
]  # fmt: skip

STYLE = [
    (
        "STY_LEN_01",
        "She ran to the gate and shut it behind her in the rain. " * 12,
        "She ran. " * 12,
    ),
    (
        "STY_LEN_02",
        ("She ran. " + "She ran to the gate and shut it behind her in the rain. ") * 8,
        "She ran to it. " * 16,
    ),
    ("STY_LEN_03", "She ran. " * 16, "She ran to the gate and shut it. " * 16),
    ("STY_LEN_04", (PAST * 6 + "\n\n") * 4, (PAST + "\n\n") * 8),
    (
        "STY_LEN_05",
        "Tremendous thunderstorms devastated neighbouring settlements. " * 12,
        "The man ran to the old red hut. " * 12,
    ),
    ("STY_PUN_01", *both("She ran, and he ran. ", "She ran and he ran. ")),
    ("STY_PUN_02", *both("She ran — he did not. ", "She ran; he did not. ")),
    ("STY_PUN_03", *both("She ran; he did not. ", "She ran, he did not. ")),
    ("STY_PUN_04", *both("She ran! ", "She ran. ", around=PAST)),
    ("STY_PUN_05", *both("Had she run? ", "She had run. ", around=PAST)),
    ("STY_PUN_06", *both("She ran... ", "She ran. ", around=PAST)),
    (
        "STY_LEX_01",
        " ".join(f"word{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(200)),
        RAIN * 20,
    ),
    (
        "STY_LEX_02",
        *both("She was in it and he was by it. ", "Red boats crossed cold grey water. "),
    ),
    ("STY_LEX_03", *both("The cold grey water rose. ", "The water of the bay rose. ")),
    ("STY_LEX_04", *both("She slowly and quietly rose. ", "She rose from the bed. ")),
    (
        "STY_LEX_05",
        "The glaucous cormorant preened beside a dilapidated groyne. " * 16,
        "The good man had a new house near the old school. " * 16,
    ),
    ("STY_LEX_06", *both("She gave him her boat. ", "Mara gave Tom a boat. ")),
    ("STY_LEX_07", *both("She didn't row. ", "She did not row. ", around=PAST)),
    (
        "STY_SYN_01",
        "Tremendous thunderstorms devastated neighbouring settlements everywhere yesterday. " * 16,
        "The man ran to the hut. " * 20,
    ),
    ("STY_SYN_02", *both("When he came, she said that she knew. ", "He came. She rose. ")),
    ("STY_SYN_03", *both("The gate was shut by Tom. ", "Tom shut the gate. ")),
    (
        "STY_SYN_04",
        *both("She sat by the door, watching the rain. ", "She sat by the door in the rain. "),
    ),
    ("STY_SYN_05", *both("Nothing but rain. ", "There was nothing but rain. ")),
    ("STY_FIG_01", *both("The sea lay like a sheet. ", "The sea lay under a sheet. ", around=PAST)),
    ("STY_FIG_02", *both("It was not anger, but grief. ", "It was anger and grief. ", around=PAST)),
    ("STY_DIA_01", START + TALK.format(a="Mara", b="Tom") * 6, START + RAIN * 12),
    ("STY_SEN_01", *both("It was a good and happy day. ", "It was a bad and horrible day. ")),
    ("STY_SEN_02", *both("It was a good and horrible day. ", "It was a long and wide road. ")),
    ("STY_CON_01", RAIN * 60, ADVANCE),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "more", "less"), [*PEOPLE, *TIME, *STYLE])
def test_it_moves_the_way_its_question_says(feature, more, less):
    high, low = (measure_text(t, features=[feature]).values[feature] for t in (more, less))
    assert high is not None
    assert low is not None
    assert high > low
