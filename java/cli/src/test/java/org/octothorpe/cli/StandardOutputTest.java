package org.octothorpe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.cli.common.StandardOutput;
import org.octothorpe.cli.world.World;
import org.octothorpe.io.RunFolder;

/** Verbs whose standard output takes nothing, or no more. */
class StandardOutputTest {
  private static final String FULL = "standard output: No space left on device";

  @TempDir static Path dir;

  @BeforeAll
  static void trainOnASmallWorld() throws IOException {
    new World(3, 16, 60, 10, 10).write(dir.resolve("world"), 2);
    CommandRun run = CommandRun.of(words(train("run", 40)));
    assertThat(run.exit()).as(run.all()).isZero();
  }

  private static String train(String out, int images) {
    return "train --data DIR/world/train-*.tar --vocabulary top:5 --model resnext14_2x8d_w8"
        + " --image-size 16 --batch 10 --checkpoint-every 1000 --images "
        + images
        + " --out DIR/"
        + out;
  }

  private static String[] words(String command) {
    return command.replace("DIR", dir.toString()).split(" ", -1);
  }

  private static CommandRun runOn(OutputStream out, String command) {
    StringWriter err = new StringWriter();
    int exit =
        Main.commandLine()
            .setOut(StandardOutput.on(out))
            .setErr(new PrintWriter(err, true))
            .execute(words(command));
    return new CommandRun(exit, "", err.toString());
  }

  /** A stream that takes so many lines and then is closed at its other end. */
  private static OutputStream pipe(int lines) {
    return new OutputStream() {
      private int left = lines;

      @Override
      public void write(int b) throws IOException {
        if (left <= 0) {
          throw new IOException("Broken pipe");
        }
        left -= b == '\n' ? 1 : 0;
      }
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "train --help",
        "doctor",
        "kernels --device emulated",
        "explain crane --vocabulary top:5",
        "explain crane --vocabulary top:5 --json",
        "index --data DIR/world/train-000000.tar",
        "eval --checkpoint DIR/run --data DIR/world/unseen-*.tar",
        "probe --checkpoint DIR/run --train DIR/world/probe-*.tar --test DIR/world/test-*.tar",
        "dedup --train DIR/world/train-*.tar --within --threshold 0.9 --out DIR/dedup",
        "curate --input DIR/world/train-*.tar --vocabulary top:5 --out DIR/set",
        "train --data DIR/world/train-*.tar --vocabulary top:5 --model resnext14_2x8d_w8"
            + " --image-size 16 --batch 10 --images 20 --out DIR/full"
      })
  void whatCannotBePrintedIsAFailure(String command) throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/full")), "needs /dev/full");
    try (OutputStream full = new FileOutputStream("/dev/full")) {
      CommandRun run = runOn(full, command);
      assertThat(run.exit()).as(run.all()).isEqualTo(1);
      assertThat(run.err()).contains(FULL).doesNotContain("Exception", "\tat ");
    }
  }

  @Test
  void aReaderThatHasEnoughEndsTheVerbInOneLine() {
    CommandRun run = runOn(pipe(1), "explain crane bear dog cat --vocabulary top:5");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("octothorpe explain: standard output: Broken pipe\n");
  }

  @Test
  void trainingStopsAtACheckpointAndSaysHowToGoOn() throws IOException {
    // The first line is the introduction; the next ones come every few seconds and at the end.
    CommandRun run = runOn(pipe(1), train("stopped", 60));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains("standard output: Broken pipe. " + dir + "/stopped/checkpoints/images-")
        .contains(" is the latest checkpoint; after fixing this, resume with: ")
        .contains("train --resume --out " + dir + "/stopped")
        .doesNotContain("Exception");
    try (RunFolder folder = RunFolder.open(dir.resolve("stopped"))) {
      assertThat(folder.resume()).isPresent();
    }
    CommandRun resumed = CommandRun.of(words("train --resume --out DIR/stopped"));
    assertThat(resumed.exit()).as(resumed.all()).isZero();
  }

  @Test
  void aSetInTheMakingStandsAndGoesOn() {
    CommandRun run =
        runOn(pipe(0), "curate --input DIR/world/train-*.tar --vocabulary top:5 --out DIR/part");
    assertThat(run.err())
        .contains("standard output: Broken pipe; what is finished is in " + dir)
        .contains("the same command with --resume continues");
    CommandRun resumed =
        CommandRun.of(
            words(
                "curate --input DIR/world/train-*.tar --vocabulary top:5 --out DIR/part --resume"));
    assertThat(resumed.exit()).as(resumed.all()).isZero();
  }

  @Test
  void aProcessWhoseOutputIsFullExitsWith1() throws Exception {
    List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh"));
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), Main.class.getName()));
    command.addAll(List.of("explain", "crane", "--vocabulary", "top:5"));
    Process process = new ProcessBuilder(command).start();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(errors).isEqualTo("octothorpe explain: " + FULL + "\n");
  }
}
