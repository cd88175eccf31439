package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.internal.AtomicFiles;

/** A run on file systems that lack links, locks, renames over a file, or folders that sync. */
@Timeout(60)
final class PoorFileSystemTest {
  private static final String LAST = "images-000000000060";

  @TempDir static Path folder;
  private static Path library = Path.of("");

  @BeforeAll
  static void compile() throws Exception {
    library = folder.resolve("poor.so");
    Path source = folder.resolve("poor.c");
    try (InputStream in = PoorFileSystemTest.class.getResourceAsStream("poor_file_system.c")) {
      Files.copy(in, source);
    }
    Process compiler;
    try {
      compiler =
          new ProcessBuilder("cc", "-shared", "-fPIC", source.toString(), "-o", library.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "needs a C compiler");
      return;
    }
    String output = output(compiler);
    assertThat(compiler.waitFor()).as(output).isZero();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Runs the writer on a file system that lacks what is named; returns what it prints. */
  private static String write(String lacking, Path run) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(ChildProcess.command(PoorWriter.class, run.toString()))
            .redirectErrorStream(true);
    builder.environment().put("LD_PRELOAD", library.toString());
    builder.environment().put("POOR", lacking);
    Process process = builder.start();
    String output = output(process);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @ParameterizedTest
  @ValueSource(strings = {"symlink", "symlink,rename,fsync", "fsync"})
  void aRunWritesItsCheckpointsAndGoesOn(String lacking) throws Exception {
    Path run = folder.resolve("run-" + lacking);
    assertThat(write(lacking, run))
        .isEqualTo("from 0\nat images-000000000030\nfrom 30\nat " + LAST + "\n");
    Path latest = run.resolve("latest");
    if (lacking.contains("symlink")) {
      assertThat(Files.isRegularFile(latest, LinkOption.NOFOLLOW_LINKS)).isTrue();
      assertThat(latest).hasContent("checkpoints/" + LAST + "\n");
    } else {
      assertThat(latest).isSymbolicLink();
    }
    assertThat(Files.readString(run.resolve("config.json"))).isEqualTo("40\n");
    // What eval and the others read, by either name.
    for (Path path : List.of(run, latest)) {
      assertThat(Checkpoint.read(path).file().toRealPath())
          .isEqualTo(
              run.toRealPath().resolve("checkpoints").resolve(LAST).resolve("model.safetensors"));
    }
    try (var entries = Files.list(run)) {
      assertThat(entries.map(RunFolder::name))
          .containsExactlyInAnyOrder("checkpoints", "config.json", "latest", "lock");
    }
    try (RunFolder opened = RunFolder.open(run)) {
      assertThat(opened.notes()).isEmpty();
      assertThat(opened.checkpoints()).hasSize(2);
    }
  }

  @Test
  void withoutLocksItIsSaidAndALivingProcessIsRespected() throws Exception {
    Path run = folder.resolve("unlocked");
    String note =
        "the file system of "
            + run
            + " gives no lock: No locks available; nothing keeps a second process on another host"
            + " out, so start none in it\n";
    assertThat(write("lock", run)).startsWith(note + "from 0\n").contains(note + "from 30\n");
    try (RunFolder held = RunFolder.open(run)) {
      List<String> command =
          new ArrayList<>(ChildProcess.command(PoorWriter.class, run.toString()));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("LD_PRELOAD", library.toString());
      builder.environment().put("POOR", "lock");
      Process second = builder.start();
      assertThat(output(second))
          .contains("is in use by process " + ProcessHandle.current().pid() + " on host ")
          .contains("; if that process is another program, delete " + run.resolve("lock"));
      assertThat(second.waitFor()).isNotZero();
      assertThat(held.notes()).isEmpty();
    }
    Files.writeString(run.resolve("lock"), "process 4194305 on host elsewhere\n");
    assertThat(write("lock", run)).contains("from 60\n");
  }

  @Test
  void aRenameThatIsRefusedLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("kept");
    AtomicFiles.write(file, "old");
    assertThatThrownBy(() -> AtomicFiles.rename(folder.resolve("nothing"), file))
        .isInstanceOf(IOException.class);
    assertThat(file).hasContent("old");
  }
}
