package org.octothorpe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks on the 'layer' lines of {@code tests/shapes/<op>.txt}: {@code java -cp ...
 * org.octothorpe.bench.Benchmarks LinearBench}, and after it any option of JMH.
 */
public final class Benchmarks {
  private static final Map<String, String> OPERATIONS =
      Map.of(
          "DenseBench", "dense_conv",
          "LinearBench", "linear",
          "SoftmaxCrossEntropyBench", "softmax_cross_entropy",
          "SigmoidCrossEntropyBench", "sigmoid_cross_entropy");

  private Benchmarks() {}

  /** Runs the benchmark class that the first argument names; from the root of the repository. */
  public static void main(String[] args)
      throws IOException, RunnerException, CommandLineOptionException {
    String op = args.length == 0 ? null : OPERATIONS.get(args[0]);
    if (op == null) {
      throw new IllegalArgumentException(
          "benchmark is "
              + (args.length == 0 ? "missing" : "'" + args[0] + "'")
              + ", but must be one of "
              + OPERATIONS.keySet());
    }
    String[] shapes =
        Files.readAllLines(Path.of("tests/shapes", op + ".txt")).stream()
            .map(line -> line.replaceFirst("#.*", "").strip())
            .filter(line -> line.startsWith("layer"))
            .map(line -> line.replaceFirst("layer\\s+", "").replaceAll("\\s+", "x"))
            .toArray(String[]::new);
    CommandLineOptions options = new CommandLineOptions(args);
    OptionsBuilder builder = new OptionsBuilder();
    builder.parent(options);
    if (!options.getParameter("shape").hasValue()) {
      builder.param("shape", shapes);
    }
    new Runner(builder.build()).run();
  }
}
