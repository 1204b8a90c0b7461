"""Old Vietnamese encodings: the tables against glibc's, detection per column, capitals, previews."""

import csv
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import ReadError
from geodata.read.text_encoding import (
    convert_column,
    decode_bytes,
    detect,
    is_syllable,
    tcvn3_to_unicode,
    vni_to_unicode,
)

LOWER = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
TO_TCVN3 = {tcvn3_to_unicode(chr(b)): chr(b) for b in range(0xFF, 0xA0, -1)}


def to_tcvn3(text: str) -> str:
    return "".join(TO_TCVN3.get(c, c) for c in text)


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed: no second implementation to compare")
def test_tcvn3_table_is_that_of_glibc() -> None:
    for byte in range(0xA1, 0x100):
        if 0xB0 <= byte <= 0xB4:
            continue  # tone marks alone: compared with their vowel below
        command = ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"]
        run = subprocess.run(command, input=bytes([byte]), capture_output=True, check=True)
        assert tcvn3_to_unicode(chr(byte)) == run.stdout.decode(), hex(byte)
    assert tcvn3_to_unicode("a\xb0e\xb3o\xb4") == "àéọ"


@given(st.text(alphabet=LOWER + " -'0123", max_size=40))
def test_tcvn3_round_trip(text: str) -> None:
    assert tcvn3_to_unicode(to_tcvn3(text)) == text


def test_sentences_worked_by_hand() -> None:
    assert tcvn3_to_unicode("X· §¾c Pring, H¶i V©n") == "Xã Đắc Pring, Hải Vân"
    assert vni_to_unicode("Xaõ Ñaéc Pring, Haûi Vaân, Tröôøng Löu, Myõ Lyù, Kyø Myõ, ÑOÂNG GIANG") == (
        "Xã Đắc Pring, Hải Vân, Trường Lưu, Mỹ Lý, Kỳ Mỹ, ĐÔNG GIANG")
    assert vni_to_unicode("ñöôøng, ngöôøi, quyeån, Thuyû, tieáng Vieät, nghæ") == (
        "đường, người, quyển, Thuỷ, tiếng Việt, nghỉ")


def test_capitals_of_a_capital_font_come_back() -> None:
    raw = ["H¶I V¢N", "§¾C PRING", "Hµ", "TAM Kú"]
    assert convert_column(raw, "tcvn3") == ["HẢI VÂN", "ĐẮC PRING", "HÀ", "TAM KỲ"]
    assert convert_column(["H¶i V©n", "Hµ", "BOT T©n An"], "tcvn3") == ["Hải Vân", "Hà", "BOT Tân An"]
    assert convert_column(["MOB0028"], "tcvn3") == ["MOB0028"]


@pytest.mark.parametrize("word", ["Hải", "nghiêng", "khuỷu", "giữ", "quốc", "Đắc", "Mỹ", "huơ", "ướp"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["H¶i", "Haûi", "àá", "VÃ¢n", "xyz", "öôø"])
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


NAMES = ["Hải Vân", "Liên Chiểu", "Hoà Khánh", "Thượng Đức", "Phước Năng", "Đồng Dương", "Trà My", "Thôn 3"]


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("unicode", NAMES), ("unicode", [unicodedata.normalize("NFD", n) for n in NAMES]),
        ("tcvn3", [to_tcvn3(n) for n in NAMES]),
        ("mojibake", [n.encode().decode("latin-1") for n in ("Hải Vân", "Trà My", "Bến Hiên")]),
        ("vni", ["Haûi Vaân", "Lieân Chieåu", "Hoaø Khaùnh", "Thöôïng Ñöùc"]),
        ("unicode", ["Thôn 1", "MOB0028", ""]), ("unicode", ["16°05'48,8\"", "10 km²"]),
    ],
)
def test_encoding_is_found(encoding: str, raw: list[str]) -> None:
    guess = detect(raw)
    assert guess.encoding == encoding
    if encoding not in {"mojibake", "vni"} and "Hải Vân" in NAMES and len(raw) == len(NAMES):
        assert convert_column(raw, encoding) == NAMES
    assert all(a == unicodedata.normalize("NFC", a) for _, a in guess.preview)


def test_cp1258_is_found_and_composed() -> None:
    raw = ["Hải Vân", "Bến Hiên", "Trà Đốc", "Phước Trà"]
    # windows-1258 keeps â ê ô ă ơ ư composed and writes tones as marks
    encoded = []
    for text in raw:
        letters = ""
        for char in text:
            decomposed = unicodedata.normalize("NFD", char)
            tones = [c for c in decomposed if c in "\u0301\u0300\u0309\u0303\u0323"]
            base = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in tones))
            letters += base + "".join(tones)
        encoded.append(letters.encode("cp1258").decode("latin-1"))
    assert detect(encoded).encoding == "cp1258"
    assert convert_column(encoded, "cp1258") == ["Hải Vân", "Bến Hiên", "Trà Đốc", "Phước Trà"]


def test_unknown_encoding_is_refused() -> None:
    with pytest.raises(ReadError, match="viscii"):
        convert_column(["a"], "viscii")


def test_bytes_are_told_apart() -> None:
    assert decode_bytes("Hải".encode()) == ("Hải", True)
    assert decode_bytes("\ufeffHải".encode()) == ("Hải", True)
    assert decode_bytes("Hải".encode("utf-16")) == ("Hải", True)
    assert decode_bytes(b"H\xb6i V\xa9n") == ("H¶i V©n", False)


def test_real_list_reads_right(shared: Path) -> None:
    text, unicode = decode_bytes((shared / "real/office_drop_danang/tram_bts_mobifone_tcvn3.csv").read_bytes())
    assert not unicode
    rows = list(csv.reader(text.splitlines()))
    assert convert_column(rows[0], "tcvn3") == ["Mã trạm", "Tên xã", "Toạ độ (kinh/vĩ)", "Công nghệ", "Chiều cao"]
    names = [row[1] for row in rows[1:]]
    guess = detect(names)
    assert guess.encoding == "tcvn3"
    assert guess.confidence > 0.5
    assert guess.preview[0] == ("H¶i V©n", "Hải Vân")
    converted = set(convert_column(names, "tcvn3"))
    assert {"Ngũ Hành Sơn", "Đắc Pring", "Điện Bàn Đông", "Thượng Đức"} - converted <= {"Đắc Pring"}
    assert all(is_syllable(word) for name in converted for word in name.split() if len(word) > 1)
