package org.octothorpe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

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
    assertThat(run("doctor", "--colour")).isEqualTo(2);
    assertThat(err.toString()).contains("Unknown option: '--colour'").doesNotContain("\tat ");
  }

  @Test
  void showsAStackTraceWhenAskedTo() {
    assertThat(run("doctor", "--colour", "--stacktrace")).isEqualTo(2);
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
