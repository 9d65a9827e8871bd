"""Invented names in Chinese and English, made of two or three syllables."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.sample.kinds import Ints

Words = NDArray[Any]

_FIRST = (
    "青 Qing,云 Yun,兰 Lan,松 Song,鹭 Lu,石 Shi,雁 Yan,竹 Zhu,枫 Feng,荷 He,"
    "汀 Ting,岚 Lan,晴 Qing,霁 Ji,梧 Wu,芦 Lu,砚 Yan,澄 Cheng,望 Wang,栖 Qi,"
    "桂 Gui,南 Nan,北 Bei,锦 Jin,书 Shu,渔 Yu,星 Xing,月 Yue,白 Bai,丹 Dan,"
    "春 Chun,秋 Qiu,柳 Liu,杏 Xing,棠 Tang,苇 Wei,溪 Xi,鸣 Ming,静 Jing,和 He"
)
_LAST = (
    "溪 xi,桥 qiao,林 lin,坪 ping,湾 wan,台 tai,汀 ting,岭 ling,渡 du,洲 zhou,"
    "庭 ting,塘 tang,亭 ting,泉 quan,圃 pu,原 yuan,川 chuan,屏 ping,园 yuan,门 men,"
    "堤 di,沙 sha,谷 gu,井 jing,岸 an,峰 feng,浦 pu,里 li,庄 zhuang,阁 ge,"
    "陂 bei,坡 po,港 gang,池 chi,巷 xiang,畈 fan,垄 long,埠 bu,坞 wu,苑 yuan"
)
_MIDDLE = (
    "上 shang,下 xia,东 dong,西 xi,中 zhong,新 xin,古 gu,长 chang,小 xiao,大 da,"
    "明 ming,安 an,永 yong,平 ping,文 wen,宁 ning,丰 feng,嘉 jia,清 qing,乐 le,"
    "华 hua,康 kang,同 tong,昌 chang"
)
_SURNAMES = (
    "赵 Zhao,钱 Qian,孙 Sun,李 Li,周 Zhou,吴 Wu,郑 Zheng,王 Wang,冯 Feng,陈 Chen,"
    "褚 Chu,卫 Wei,蒋 Jiang,沈 Shen,韩 Han,杨 Yang,朱 Zhu,秦 Qin,许 Xu,何 He"
)
_GIVEN = (
    "明 ming,华 hua,建 jian,丽 li,伟 wei,芳 fang,静 jing,磊 lei,洋 yang,敏 min,"
    "强 qiang,勇 yong,燕 yan,杰 jie,涛 tao,霞 xia,平 ping,玲 ling,波 bo,娟 juan,"
    "军 jun,慧 hui,宁 ning,欣 xin"
)


def _syllables(text: str) -> tuple[Words, Words]:
    pairs = [item.split() for item in text.split(",")]
    return (
        np.array([zh for zh, _ in pairs], object),
        np.array([en for _, en in pairs], object),
    )


def place_names(count: int, seed: int, *, theme: int) -> tuple[Words, Words]:
    """``count`` names in Chinese and in pinyin; the first 38,400 of a theme are all different."""
    rng = np.random.default_rng([seed, 9, theme])
    first_zh, first_en = _syllables(_FIRST)
    last_zh, last_en = _syllables(_LAST)
    middle_zh, middle_en = (np.append([""], words).astype(object) for words in _syllables(_MIDDLE))
    pairs = len(first_zh) * len(last_zh)
    number = np.arange(count)
    pair = rng.permutation(pairs)[number % pairs]
    a, b = np.divmod(pair, len(last_zh))
    m = (number // pairs) % len(middle_zh)
    return first_zh[a] + middle_zh[m] + last_zh[b], first_en[a] + middle_en[m] + last_en[b]


def person_names(count: int, rng: np.random.Generator) -> tuple[Words, Words]:
    """``count`` invented people, not all different, in Chinese and in pinyin."""
    family_zh, family_en = _syllables(_SURNAMES)
    given_zh, given_en = _syllables(_GIVEN)
    f, g = rng.integers(0, len(family_zh), count), rng.integers(0, len(given_zh), count)
    second = rng.integers(0, len(given_zh), count)
    zh = family_zh[f] + given_zh[g] + np.where(rng.random(count) < 0.6, given_zh[second], "")
    return zh, family_en[f] + " " + np.array([n.title() for n in given_en], object)[g]


def numbered(prefix: str, numbers: Ints, width: int) -> Words:
    """Ids such as ``B000042``."""
    digits = pd.Series(numbers).astype(str).str.zfill(width)
    return np.asarray(prefix + digits, object)
