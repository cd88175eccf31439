package org.octothorpe.cli.common;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The number of threads of the kernels: of --threads, else of OMP_NUM_THREADS. */
public final class KernelThreads {
  /** The variable of OpenMP that many systems set to what a job may use. */
  public static final String VARIABLE = "OMP_NUM_THREADS";

  private static final int MAX = 1024;

  /** What {@code --threads} means, for the help of every verb whose kernels take it. */
  public static final String DESCRIPTION =
      "CPU threads of the kernels, in [0,"
          + MAX
          + "]; 0 (the default) is $"
          + VARIABLE
          + ", or one per processor where that is not set.";

  private KernelThreads() {}

  /**
   * Returns the number to open a device with; 0 is one per processor.
   *
   * @param option the value of --threads; 0 if it was not given
   * @throws ParameterException if either is impossible; the message names it
   */
  public static int of(CommandSpec spec, int option) {
    return of(spec, option, System.getenv());
  }

  /**
   * Returns the number for an environment; see {@link #of(CommandSpec, int)}.
   *
   * @param environment the variables of the process
   */
  public static int of(CommandSpec spec, int option, Map<String, String> environment) {
    if (option < 0 || option > MAX) {
      throw new ParameterException(
          spec.commandLine(), "--threads is " + option + ", but must be in [0," + MAX + "]");
    }
    if (option > 0) {
      return option;
    }
    try {
      return parse(environment.get(VARIABLE));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Returns the number that the variable's text gives; 0 if it gives none.
   *
   * @throws IllegalArgumentException if the number is impossible
   */
  public static int parse(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return 0;
    }
    String first = text.split(",", 2)[0].strip(); // further ones are of nested parallelism
    if (first.matches("0*[1-9][0-9]{0,3}") && Integer.parseInt(first) <= MAX) {
      return Integer.parseInt(first);
    }
    throw new IllegalArgumentException(
        VARIABLE
            + " is '"
            + text
            + "', but must be a whole number in [1,"
            + MAX
            + "]; --threads overrules it");
  }
}
