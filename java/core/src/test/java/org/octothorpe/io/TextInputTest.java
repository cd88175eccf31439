package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextInputTest {
  @TempDir Path dir;

  @Test
  void whatIsNoTextIsNamedWithItsOption() throws IOException {
    assertThatThrownBy(() -> TextInput.lines("drop", dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("drop: " + dir + " is a folder, but must be a file");
    Path file = Files.write(dir.resolve("x"), new byte[] {(byte) 0xFF});
    assertThatThrownBy(() -> TextInput.lines("drop", file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("drop: " + file + " is no text in UTF-8, but must be");
    Files.writeString(file, "a\n\u00e9\n");
    assertThat(TextInput.lines("drop", file)).containsExactly("a", "\u00e9");
  }
}
