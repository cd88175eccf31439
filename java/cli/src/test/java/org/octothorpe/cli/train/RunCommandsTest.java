package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunCommandsTest {
  @Test
  void aShellTakesTheProgramAndTheFolderForOneWordEach() {
    RunCommands commands = new RunCommands("/my tools/octothorpe", Path.of("it's", "run"));
    assertThat(commands.resume("--max-bad", "9"))
        .isEqualTo("'/my tools/octothorpe' train --resume --max-bad 9 --out 'it'\\''s/run'");
    assertThat(commands.evaluate())
        .isEqualTo("'/my tools/octothorpe' eval --checkpoint 'it'\\''s/run/latest' --data ...");
  }

  @Test
  void plainNamesStandWithoutQuotes() {
    assertThat(new RunCommands("./octothorpe", Path.of("run-1")).resume())
        .isEqualTo("./octothorpe train --resume --out run-1");
  }
}
