package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.io.StateDict;

/**
 * A run that version 0.1 of 2026-11-30 began and left at half: 16 of 32 images of a folder of 8, a
 * network with four groups, F32, one thread, {@code --deterministic}. Later versions finish it.
 */
class EarlierRunTest {
  /** Differences of one instruction set from another, after four steps at a rate of 0.05. */
  private static final double TOLERANCE = 1e-5;

  @TempDir Path folder;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream resource = EarlierRunTest.class.getResourceAsStream("run-of-0.1.zip");
        ZipInputStream zip = new ZipInputStream(Objects.requireNonNull(resource))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = folder.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else if (entry.getName().equals("run/latest")) { // a link, whose content is its target
          AtomicFiles.link(file, Path.of(new String(zip.readAllBytes(), StandardCharsets.UTF_8)));
        } else {
          Files.createDirectories(Objects.requireNonNull(file.getParent()));
          Files.copy(zip, file);
        }
      }
    }
  }

  @Test
  void endsAsItWouldHaveEnded() throws IOException {
    Path run = folder.resolve("run");
    CommandRun resumed =
        CommandRun.of(
            "train",
            "--resume",
            "--out",
            run.toString(),
            "--data",
            folder.resolve("set").toString(),
            "--threads",
            "1",
            "--loader-threads",
            "1");
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    assertThat(Files.readAllLines(run.resolve("log.csv"))).hasSize(9);
    StateDict expected = Checkpoint.read(folder.resolve("finished.safetensors")).state();
    StateDict actual = Checkpoint.read(run.resolve("latest")).state();
    assertThat(actual.asMap().keySet()).isEqualTo(expected.asMap().keySet());
    for (String key : expected.asMap().keySet()) {
      float[] wanted = expected.get(key).toFloats();
      float[] found = actual.get(key).toFloats();
      assertThat(found).as(key).hasSameSizeAs(wanted);
      for (int i = 0; i < wanted.length; i++) {
        double room = TOLERANCE * (1 + Math.abs(wanted[i]));
        assertThat((double) found[i])
            .as(key + "[" + i + "]")
            .isBetween(wanted[i] - room, wanted[i] + room);
      }
    }
  }
}
