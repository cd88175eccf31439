package org.octothorpe.cli.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.octothorpe.cli.CommandRun;

class KernelsCommandTest {
  @Test
  void listsWhatTheDeviceChoosesAmong() {
    CommandRun run = CommandRun.of("kernels");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out().lines().findFirst().orElse("")).matches("operation +pass +kernel +for");
    assertThat(run.out())
        .containsPattern("grouped_conv +forward +grouped_conv_forward_direct ")
        .containsPattern("softmax_cross_entropy +\\w+ +\\w+");
  }

  @Test
  void listsOneOperation() {
    CommandRun run = CommandRun.of("kernels", "linear");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("linear_").doesNotContain("grouped_conv");
  }

  @Test
  void theCpuHasOneOfEach() {
    assertThat(CommandRun.of("kernels", "--device", "cpu").out())
        .startsWith("the device cpu has one kernel");
  }

  @Test
  void refusesOperationsWithoutAChoice() {
    CommandRun run = CommandRun.of("kernels", "linear", "no_such");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains("OPERATION is 'no_such', but those with a choice of kernels are grouped_conv, ");
  }

  @Test
  void refusesOtherDevices() {
    CommandRun run = CommandRun.of("kernels", "--device", "gpu");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--device is 'gpu'", "cpu, emulated, cuda:N");
  }
}
