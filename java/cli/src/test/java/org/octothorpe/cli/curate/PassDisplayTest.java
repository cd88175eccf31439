package org.octothorpe.cli.curate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PassDisplayTest {
  @Test
  void linesTellTheEndOfEachPass() {
    StringWriter text = new StringWriter();
    try (PassDisplay display = new PassDisplay(new PrintWriter(text, true), null)) {
      display.show("counting", 1, 10); // too soon for a line
      display.show("counting", 10, 10);
      display.show("writing", 7, 7);
    }
    assertThat(text.toString().lines())
        .containsExactly("counting: 100 %, 0:00", "writing: 100 %, 0:00");
  }

  @Test
  void aBarIsPaintedOverItself() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream screen = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (PassDisplay display = new PassDisplay(new PrintWriter(new StringWriter()), screen)) {
      display.show("counting", 10, 10);
      display.show("writing", 7, 7);
    }
    String painted = bytes.toString(StandardCharsets.UTF_8);
    assertThat(painted.split("\r", -1)).hasSize(3);
    assertThat(painted).contains("100 % [" + "=".repeat(30) + "] counting, 0:00");
    assertThat(painted).endsWith("\n");
  }
}
