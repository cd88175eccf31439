package org.octothorpe.data.testing;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.random.Philox;

/** Texts of what breaks programs that handle text. */
public final class HostileText {
  private static final String[] PARTS = {
    "sea",
    "Sea",
    "\u0130",
    "\u0131",
    "\u00df",
    "\u1e9e",
    "\u017f",
    "\u03c2",
    "\u03a3",
    "\u00b4",
    "\u00a8",
    "\u0301",
    "\u0327",
    "\u0345",
    "\u20e3",
    "\u1fb3",
    "\ufb01",
    "\ufdfa",
    "\u2126",
    "\u212b",
    "\u01c5",
    "\u0149",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u202e",
    "\u2060",
    "\u2066",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\ufe0f",
    "\u3164",
    "\u180e",
    "\udb40\udc67",
    "\u0000",
    "\u0001",
    "\u0007",
    "\u007f",
    "\u0085",
    "\ufffd",
    "\ufffc",
    "\ufffe",
    "\ud83d",
    "\ude00",
    "\ud83d\ude00",
    "\ud83d\udc68\u200d\ud83d\udc69",
    "\ud83c\uddef\ud83c\uddf5",
    "#",
    "\uff03",
    "\ufe5f",
    "##",
    " #",
    " ",
    "\u00a0",
    "\u3000",
    "\u2800",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u2028",
    ";",
    ",",
    "|",
    "\uff0c",
    "\u3001",
    "\uff1b",
    "\u060c",
    "\u037e",
    "\ud83c\udd01",
    "\ufe10",
    "\uff64",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "\uff3b",
    "\uff3d",
    "'",
    "\"",
    "\u2018",
    "\u2019",
    "\u201c",
    "\u00ab",
    "\u00bb",
    "\\",
    "\\u0041",
    "/",
    "-",
    "_",
    ".",
    "!",
    "?",
    ":",
    "=",
    "None",
    "null",
    "nan",
    "['",
    "']",
    "[\"",
    "\"]",
    "', '",
    "\", \"",
    "u'",
    "b'",
    "c#",
    "\u1100",
    "\u1161",
    "\u11a8",
    "\u0915\u094d\u200d",
    "\u0646\u06cc\u200c",
    "\u0391\u0399",
    "\u2474",
    "\u320a",
    "\u33a5",
    "\u1d2c",
    "1",
    "2019",
    "a",
    "B",
    "\ue000",
    "\u0378"
  };

  private HostileText() {}

  /** Returns a text of up to so many parts, at least one. */
  public static String text(Philox random, int most) {
    StringBuilder text = new StringBuilder();
    for (int n = 1 + random.nextInt(most); n > 0; n--) {
      if (random.nextInt(10) == 0) {
        text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
      } else {
        text.append(PARTS[random.nextInt(PARTS.length)]);
      }
    }
    return text.toString();
  }

  /** Returns up to so many texts. */
  public static List<String> texts(Philox random, int most) {
    List<String> texts = new ArrayList<>();
    for (int n = random.nextInt(most + 1); n > 0; n--) {
      texts.add(text(random, 5));
    }
    return texts;
  }
}
