package org.octothorpe.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.train.Listener;
import org.octothorpe.train.Progress;

class RunLogTest {
  private static Progress progress(long step, double seconds) {
    return new Progress(step, 64 * step, 6400, 0, 4.0 / step, 0.1, seconds, 0.01, 64 * step);
  }

  @Test
  void writesARowPerStep(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("log.csv");
    try (CsvLog log = new CsvLog(file, 0)) {
      log.onBatch(progress(1, 0.5));
      log.onBatch(progress(2, 1));
      assertThat(log.curve().points()).hasSize(2);
    }
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "step,images,epoch,loss,learning_rate,images_per_second,waited_share,seconds",
            "1,64,0,4.000000,0.1000000,128.0,0.0200,0.500",
            "2,128,0,2.000000,0.1000000,128.0,0.0100,1.000");
  }

  @Test
  void aResumedRunKeepsTheRowsOfItsCheckpoint(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("log.csv");
    try (CsvLog log = new CsvLog(file, 0)) {
      for (int step = 1; step <= 5; step++) {
        log.onBatch(progress(step, step));
      }
    }
    Files.writeString(file, "6,384,0,0.6", StandardOpenOption.APPEND); // killed while writing
    try (CsvLog log = new CsvLog(file, 3 * 64)) {
      assertThat(log.curve().points()).hasSize(3);
      log.onBatch(progress(4, 4));
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(5);
    assertThat(lines.get(3)).startsWith("3,192,");
    assertThat(lines.get(4)).startsWith("4,256,");
  }

  @Test
  void aNewRunStartsAnew(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("log.csv");
    Files.writeString(file, "old\n");
    new CsvLog(file, 0).close();
    assertThat(Files.readAllLines(file)).hasSize(1);
  }

  @Test
  void printsALineEveryFewSecondsWithoutATerminal() {
    StringWriter text = new StringWriter();
    try (ProgressDisplay display = new ProgressDisplay(new PrintWriter(text), null)) {
      display.onStart(progress(1, 0));
      for (int step = 1; step <= 100; step++) {
        display.onBatch(progress(step, step * 0.2));
      }
      display.onEnd(progress(100, 20), Listener.Outcome.FINISHED);
    }
    List<String> lines = text.toString().lines().toList();
    // After 5, 10, 15 and 20 seconds, and at the end; rounding may delay one by a step.
    assertThat(lines).hasSizeBetween(4, 5);
    assertThat(lines.get(0)).startsWith("1,6").contains("320 images/s").contains("0:15 left");
    assertThat(lines.get(lines.size() - 1)).contains("6,400 of 6,400 images (100 %)");
    assertThat(text.toString()).doesNotContain("\r").doesNotContain("\u001b");
  }

  @Test
  void paintsABarThatFitsATerminalAndEndsAtTheImagesAskedFor() {
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    StringWriter text = new StringWriter();
    try (ProgressDisplay display =
        new ProgressDisplay(
            new PrintWriter(text), new PrintStream(screen, true, StandardCharsets.UTF_8))) {
      display.onStart(progress(1, 0));
      display.onBatch(progress(50, 10));
      // A last batch that goes beyond the 6,400 images asked for.
      display.onBatch(progress(101, 20.2));
      display.onEnd(progress(101, 20.2), Listener.Outcome.FINISHED);
    }
    String painted = screen.toString(StandardCharsets.UTF_8);
    assertThat(painted).startsWith("\r 50 % [==========          ] 3,200/6,400  320/s");
    assertThat(painted).contains("\r100 % [====================] 6,400/6,400").endsWith("\n");
    assertThat(painted.strip().split("\r")).allMatch(line -> line.length() <= 79);
    assertThat(text.toString()).contains("6,400 of 6,400 images (100 %)").contains("0:00 left");
  }

  @Test
  void writesDurations() {
    assertThat(ProgressDisplay.duration(59.6)).isEqualTo("1:00");
    assertThat(ProgressDisplay.duration(3725)).isEqualTo("1:02:05");
  }

  @Test
  void alignsTables() {
    StringWriter text = new StringWriter();
    new Table()
        .row("what", "value")
        .row("a", "12.5")
        .row("longer", "3")
        .print(new PrintWriter(text));
    assertThat(text.toString().lines())
        .containsExactly("what     value", "--------------", "a         12.5", "longer       3");
  }
}
