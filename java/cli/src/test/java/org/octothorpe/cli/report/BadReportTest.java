package org.octothorpe.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;

class BadReportTest {
  @Test
  void showsTheFirstTenAndWritesAll(@TempDir Path folder) throws IOException {
    StringWriter text = new StringWriter();
    Path file = folder.resolve("bad.txt");
    for (int part = 0; part < 2; part++) { // the second as a resumed run, which meets them again
      text.getBuffer().setLength(0);
      BadReport report = new BadReport(new PrintWriter(text), file);
      BadSamples bad = new BadSamples(1, report);
      for (int i = 0; i < 200; i++) {
        bad.add("shard.tar: " + i + ".jpg", "no JPEG");
      }
      report.conclude(bad);
    }
    assertThat(text.toString().lines())
        .hasSize(12)
        .contains("shard.tar: 9.jpg: no JPEG", "and more: all are in " + file)
        .contains("WARNING: 200 bad items were left out: " + file);
    assertThat(Files.readAllLines(file)).hasSize(200).doesNotHaveDuplicates();
  }

  @Test
  void printsWhatWasNotedWithTheNumberOfDifferentPlaces() throws IOException {
    StringWriter text = new StringWriter();
    BadReport report = new BadReport(new PrintWriter(text), null);
    BadSamples bad = new BadSamples(0, report);
    for (int time = 0; time < 2; time++) { // the second epoch meets them again
      bad.note("files without an image were skipped", "a.tar: 1.txt");
      bad.note("files without an image were skipped", "a.tar: 2.txt");
    }
    report.conclude(bad);
    assertThat(text.toString().lines())
        .containsExactly("WARNING: files without an image were skipped: 2, the first a.tar: 1.txt");
    bad.check(2); // costs no image
  }
}
