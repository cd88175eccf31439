package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run folder among real processes: two at once, killed ones, and a disk that takes no more. */
@Timeout(120)
final class RunFolderProcessTest {
  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void nameTheRun() {
    path = folder.resolve("run");
  }

  @Test
  void aSecondProcessIsToldWhoWorksInTheFolder() throws Exception {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(CheckpointWriter.checkpoint(1), 2);
      Process second = ChildProcess.start(CheckpointWriter.class, path.toString(), "2", "1");
      String output = output(second);
      assertThat(second.waitFor()).isNotZero();
      assertThat(output)
          .contains("FolderInUseException: " + path + " is in use by process ")
          .contains("process " + ProcessHandle.current().pid() + " on host ")
          .doesNotContain("open\n");
      assertThat(run.resume().orElseThrow().images()).isEqualTo(1);
    }
    Process third = ChildProcess.start(CheckpointWriter.class, path.toString(), "2", "1");
    assertThat(output(third)).isEqualTo("open\n2\n");
  }

  @Test
  void aSecondOpenInTheSameProcessIsRefusedAndTheLockStays() throws Exception {
    try (RunFolder run = RunFolder.open(path)) {
      assertThatThrownBy(() -> RunFolder.open(path.resolve("../run")))
          .isInstanceOf(FolderInUseException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      // POSIX would have dropped the lock if the second open had opened and closed the file.
      Process second = ChildProcess.start(CheckpointWriter.class, path.toString(), "2", "1");
      assertThat(output(second)).contains("FolderInUseException");
      assertThat(run.path()).isEqualTo(path);
    }
    RunFolder again = RunFolder.open(path);
    again.close();
    again.close();
  }

  @Test
  void aWriterKilledAtAnyMomentLeavesAWholeCheckpoint() throws Exception {
    Random random = new Random(1);
    long reached = 0;
    for (int round = 0; round < 6; round++) {
      Process writer =
          ChildProcess.start(
              CheckpointWriter.class, path.toString(), Long.toString(reached + 1), "1000000");
      BufferedReader out = writer.inputReader(StandardCharsets.UTF_8);
      assertThat(out.readLine()).isEqualTo("open");
      long announced = Long.parseLong(out.readLine());
      Thread.sleep(
          random.nextInt(
              100)); // a write of two tensors, hashed and synced, takes some milliseconds
      writer.toHandle().destroyForcibly(); // kill -9; Process's own would close the stream too
      List<String> rest = out.lines().toList();
      assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
      if (rest.size() >= 2) { // the kill may have cut the last line
        announced = Long.parseLong(rest.get(rest.size() - 2));
      }
      // What a reader finds before anybody opens the run and cleans up.
      checkContent(TrainingCheckpoint.read(path.resolve("latest")), announced);
      try (RunFolder run = RunFolder.open(path)) {
        TrainingCheckpoint read = run.resume().orElseThrow();
        checkContent(read, announced);
        for (Path each : run.checkpoints()) {
          checkContent(TrainingCheckpoint.read(each), 1);
        }
        reached = read.images();
      }
      try (var entries = Files.list(path.resolve("checkpoints"))) {
        assertThat(entries).allMatch(each -> each.getFileName().toString().startsWith("images-"));
      }
    }
    assertThat(reached).isGreaterThan(6);
  }

  private static void checkContent(TrainingCheckpoint read, long atLeast) {
    assertThat(read.images()).isGreaterThanOrEqualTo(atLeast);
    TrainingCheckpoint expected = CheckpointWriter.checkpoint(read.images());
    assertThat(read.training()).hasToString(expected.training().toString());
    assertThat(read.model().get("fc.weight").sameBits(expected.model().get("fc.weight"))).isTrue();
    assertThat(read.optimizer().get("fc.weight").sameBits(expected.model().get("fc.weight")))
        .isTrue();
  }

  @Test
  void aDiskThatTakesNoMoreLeavesTheOldCheckpoint() throws Exception {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(CheckpointWriter.checkpoint(1), 2);
    }
    // The shell's limit, 100 blocks of 1 or 0.5 kB, makes the system refuse the 400 kB tensor in
    // mid-write.
    List<String> limited =
        new ArrayList<>(List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh"));
    limited.addAll(ChildProcess.command(CheckpointWriter.class, path.toString(), "2", "1"));
    Process writer = new ProcessBuilder(limited).redirectErrorStream(true).start();
    assertThat(output(writer))
        .contains("open\n")
        .containsPattern(
            "cannot write " + path + "/checkpoints/.*model\\.safetensors: File too large after")
        .containsPattern(" after [0-9]+ bytes; its disk has [0-9]+ bytes free");
    assertThat(writer.waitFor()).isNotZero();
    checkWhole(path);
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")), "needs Linux's /proc");
    assertThatThrownBy(() -> RunFolder.open(Path.of("/proc/octothorpe-run")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the folder /proc/octothorpe-run/checkpoints cannot be created: ");
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> RunFolder.open(file))
        .hasMessageContaining(file + "/checkpoints cannot be created: Not a directory");
  }

  @Test
  void aFullDiskLeavesTheOldCheckpoint() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    int mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1200k", "none", disk.toString())
            .redirectErrorStream(true)
            .start()
            .waitFor();
    assumeTrue(mounted == 0, "needs the right to mount a tmpfs");
    try {
      path = disk.resolve("run");
      try (RunFolder run = RunFolder.open(path)) {
        run.save(CheckpointWriter.checkpoint(1), 2); // 800 kB of the 1200
        assertThatThrownBy(() -> run.save(CheckpointWriter.checkpoint(2), 2))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("cannot write " + path + "/checkpoints/")
            .hasMessageContaining(".safetensors: No space left on device after ");
      }
      checkWhole(path);
    } finally {
      assertThat(new ProcessBuilder("umount", "-l", disk.toString()).start().waitFor()).isZero();
    }
  }

  /** Checks that the run is at its first checkpoint and that nothing else lies about. */
  private static void checkWhole(Path run) throws IOException {
    checkContent(TrainingCheckpoint.read(run.resolve("latest")), 1);
    try (var entries = Files.list(run.resolve("checkpoints"))) {
      assertThat(entries.map(Path::getFileName)).containsExactly(Path.of("images-000000000001"));
    }
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
