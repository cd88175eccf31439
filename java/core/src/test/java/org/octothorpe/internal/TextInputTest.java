package org.octothorpe.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class TextInputTest {
  @TempDir Path dir;

  @Test
  void whatIsNotTextIsNamedWithItsOption() throws IOException {
    assertThatThrownBy(() -> TextInput.lines("drop", dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("drop: " + dir + " is a folder, but must be a file");
    Path file = Files.write(dir.resolve("x"), new byte[] {'a', (byte) 0xE9});
    assertThatThrownBy(() -> TextInput.lines("drop", file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "drop: "
                + file
                + " is not text in UTF-8, but must be; 'iconv -f ISO-8859-1 -t UTF-8 FILE' converts"
                + " it from Latin-1");
    Files.write(file, "a\u00e9\n".getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> TextInput.lines("drop", file)).hasMessageContaining("UTF-8");
    Files.write(file, "ab\n".getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> TextInput.lines("drop", file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("iconv -f UTF-16LE -t UTF-8");
  }

  @Test
  void linesOfAnyEditorAreRead() throws IOException {
    Path file = dir.resolve("x");
    for (String mark : List.of("", "\ufeff")) {
      for (String end : List.of("\n", "\r\n", "\r")) {
        String text = mark + "a" + end + "\u00e9" + end + end + "b";
        for (Charset charset :
            List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
          if (charset.equals(StandardCharsets.UTF_8) || !mark.isEmpty()) {
            Files.write(file, text.getBytes(charset));
            assertThat(TextInput.lines("drop", file)).containsExactly("a", "\u00e9", "", "b");
            Files.write(file, (text + end).getBytes(charset));
            assertThat(TextInput.lines("drop", file)).containsExactly("a", "\u00e9", "", "b");
          }
        }
      }
    }
    Files.writeString(file, "");
    assertThat(TextInput.lines("drop", file)).isEmpty();
  }

  @Test
  void utf8IsStrict() throws CharacterCodingException {
    assertThat(TextInput.utf8("\ufeff\ufeff\u00e9".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("\ufeff\u00e9");
    for (int[] bytes : new int[][] {{0xC0, 0xAF}, {0xED, 0xA0, 0xBD}, {0xE2, 0x82}, {0x80}}) {
      byte[] text = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        text[i] = (byte) bytes[i];
      }
      assertThatThrownBy(() -> TextInput.utf8(text)).isInstanceOf(CharacterCodingException.class);
    }
  }
}
