package org.octothorpe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.cli.common.KernelThreads;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void refusesAnUnknownVerbAndSuggestsOne() {
    assertThat(run("docter")).isEqualTo(2);
    assertThat(err.toString()).contains("'docter'").contains("octothorpe doctor");
  }

  @Test
  void refusesAnUnknownOption() {
    assertThat(run("doctor", "--color")).isEqualTo(2);
    assertThat(err.toString()).contains("Unknown option: '--color'").doesNotContain("\tat ");
  }

  @Test
  void anUnknownOptionIsNoSourceOfTheOptionBeforeIt() {
    assertThat(run("eval", "--checkpoint", "c", "--data", "x.tar", "--lables", "tags"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("Unknown option: '--lables'");
  }

  @Test
  void anUnknownOptionIsNotHiddenByAMissingOne() {
    assertThat(run("eval", "--chekpoint", "run/latest")).isEqualTo(2);
    assertThat(err.toString())
        .contains("Unknown option: '--chekpoint'")
        .contains("Missing required");
  }

  @Test
  void explainsFailuresOfFilesByName() {
    assertThat(run("eval", "--checkpoint", "nope", "--data", "x")).isEqualTo(1);
    assertThat(err.toString()).contains("nope: no such checkpoint").doesNotContain("no such file");
    assertThat(run("eval", "--checkpoint", "nope", "--data", "x", "--model", "resnext14_9x9"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("the 'd' behind C is missing");
  }

  @ParameterizedTest
  @CsvSource({"4, 0, 4", "'', 0, 0", "'3,2', 0, 3", "abc, 5, 5"})
  void threadsComeFromTheOptionElseFromOpenMp(String variable, int option, int expected) {
    CommandSpec spec = Main.commandLine().getCommandSpec();
    assertThat(KernelThreads.of(spec, option, Map.of("OMP_NUM_THREADS", variable)))
        .isEqualTo(expected);
    assertThat(KernelThreads.of(spec, 0, Map.of())).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "0", "-2", "4000", "1.5"})
  void impossibleThreadsOfOpenMpAreRefusedByName(String variable) {
    CommandSpec spec = Main.commandLine().getCommandSpec();
    assertThatThrownBy(() -> KernelThreads.of(spec, 0, Map.of("OMP_NUM_THREADS", variable)))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(
            "OMP_NUM_THREADS is '" + variable + "', but must be a whole number in [1,1024]");
  }

  @Test
  void showsAStackTraceWhenAskedTo() {
    assertThat(run("doctor", "--color", "--stacktrace")).isEqualTo(2);
    assertThat(err.toString()).contains("\tat picocli.");
  }

  @Test
  void asksForAVerb() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required subcommand").contains("--help");
  }

  @Test
  void doctorSaysWhatItFound() {
    assertThat(run("doctor")).isZero();
    assertThat(out.toString())
        .contains("Java ", "processor ", "kernels    octothorpe ", "oneDNN ", "liboctothorpe.so")
        .contains("CUDA       no: ")
        .contains("verdict: ready");
  }

  @Test
  void everyVerbTeachesByExample() {
    for (CommandLine verb : Main.commandLine().getSubcommands().values()) {
      assertThat(run(verb.getCommandName(), "--help")).isZero();
      assertThat(out.toString())
          .contains("Examples:")
          .contains("octothorpe " + verb.getCommandName());
      assertThat(out.toString().lines()).allMatch(line -> line.length() <= 100);
      out.getBuffer().setLength(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V"})
  void showsTheVersion(String option) {
    assertThat(run(option)).isZero();
    assertThat(out.toString()).matches("octothorpe \\d+\\.\\d+\\.\\d+\\R");
  }
}
