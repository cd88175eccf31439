package org.octothorpe.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;

class DemoCommandTest {
  @Test
  void refusesAFolderThatIsThere(@TempDir Path folder) {
    CommandRun run = CommandRun.of("demo", "--out", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains(folder + " exists");
  }

  @Test
  void refusesImpossibleValues() {
    CommandRun images = CommandRun.of("demo", "--images", "3");
    assertThat(images.exit()).isEqualTo(2);
    assertThat(images.err()).contains("--images is 3, but must be >= 64");
    CommandRun type = CommandRun.of("demo", "--dtype", "u8");
    assertThat(type.exit()).isEqualTo(2);
    assertThat(type.err()).contains("--dtype is 'u8'", "must be one of: f32, bf16");
  }
}
