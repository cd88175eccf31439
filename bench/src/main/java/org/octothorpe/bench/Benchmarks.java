package org.octothorpe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  private static final Path SHAPES = Path.of("tests/shapes");

  private Benchmarks() {}

  /** Runs the benchmark class that the first argument names; from the root of the repository. */
  public static void main(String[] args)
      throws IOException, RunnerException, CommandLineOptionException {
    SortedMap<String, Path> operations = operations();
    Path file = args.length == 0 ? null : operations.get(args[0]);
    if (file == null) {
      throw new IllegalArgumentException(
          "benchmark is "
              + (args.length == 0 ? "missing" : "'" + args[0] + "'")
              + ", but must be one of "
              + operations.keySet());
    }
    String[] shapes =
        Files.readAllLines(file).stream()
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

  /** The file of shapes of every benchmark class: grouped_conv.txt is that of GroupedConvBench. */
  private static SortedMap<String, Path> operations() throws IOException {
    SortedMap<String, Path> operations = new TreeMap<>();
    try (Stream<Path> files = Files.list(SHAPES)) {
      files.forEach(
          file -> {
            String stem = file.getFileName().toString().replace(".txt", "");
            String name =
                Arrays.stream(stem.split("_", -1))
                    .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                    .collect(Collectors.joining());
            operations.put(name + "Bench", file);
          });
    }
    return operations;
  }
}
