package org.octothorpe.data.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.octothorpe.random.Philox;

/** {@link MemberName} stands for the bytes of a name, whatever they are. */
class MemberNameTest {
  private static final Pattern ESCAPE = Pattern.compile("\\\\x([0-9A-F]{2})");

  /** The bytes that a text stands for. */
  private static byte[] bytes(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Matcher escape = ESCAPE.matcher(text);
    int end = 0;
    while (escape.find()) {
      bytes.writeBytes(text.substring(end, escape.start()).getBytes(StandardCharsets.UTF_8));
      bytes.writeBytes(HexFormat.of().parseHex(escape.group(1)));
      end = escape.end();
    }
    bytes.writeBytes(text.substring(end).getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  @Test
  void whatIsTextStays() {
    for (String name : new String[] {"a.jpg", "photos\\1.jpg", "/data/é/日本.jpg", "\\x9", ""}) {
      assertThat(MemberName.of(name)).isEqualTo(name);
    }
  }

  @Test
  void whatIsNotIsEscaped() {
    assertThat(MemberName.of("caf\u00e9.jpg".getBytes(StandardCharsets.ISO_8859_1)))
        .isEqualTo("caf\\xE9.jpg");
    assertThat(MemberName.of("表1.jpg".getBytes(Charset.forName("Shift_JIS"))))
        .isEqualTo("\\x95\\1.jpg");
    assertThat(MemberName.of("a\nb\tc\0d\u2028\u0085"))
        .isEqualTo("a\\x0Ab\\x09c\\x00d\\xE2\\x80\\xA8\\xC2\\x85");
    assertThat(MemberName.of("caf\\xE9.jpg")).isEqualTo("caf\\x5CxE9.jpg");
    assertThat(MemberName.of(new byte[] {(byte) 0xc0, (byte) 0x80})).isEqualTo("\\xC0\\x80");
  }

  @Test
  void differentBytesHaveDifferentTexts() {
    Philox random = Philox.of(3, "names");
    String alphabet = "\\xE90A\u00e9\n/.";
    byte[] some = alphabet.getBytes(StandardCharsets.UTF_8);
    for (int trial = 0; trial < 20_000; trial++) {
      byte[] name = new byte[random.nextInt(9)];
      for (int i = 0; i < name.length; i++) {
        name[i] =
            random.nextInt(3) == 0 ? (byte) random.nextInt() : some[random.nextInt(some.length)];
      }
      String text = MemberName.of(name);
      assertThat(bytes(text)).as(text).isEqualTo(name);
      assertThat(MemberName.isText(text)).isTrue();
    }
  }
}
