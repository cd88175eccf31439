package org.octothorpe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.octothorpe.io.ChildProcess;

class QuietProgramTest {
  @Test
  void aUsersProgramPrintsNothingOfOurs() throws IOException, InterruptedException {
    List<String> command = ChildProcess.command(QuietProgram.class);
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir", "");
    if (!cache.isEmpty()) {
      command.add(1, "-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(QuietProgram.ours(output)).isEqualTo("done\n");
  }
}
