package org.octothorpe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs benchmarks with JMH's own options, each class that has shapes on the 'layer' lines of {@code
 * tests/shapes/<op>.txt} unless {@code -p shape=} names others.
 *
 * <p>The exit code is 0 if all ran, 1 if one failed, 2 for wrong usage.
 */
public final class Benchmarks {
  /** The root of the repository, whose shapes are read. */
  private static final Path ROOT = Path.of(System.getProperty("octothorpe.root", "."));

  private final List<String> arguments;
  private final SortedMap<String, List<BenchmarkListEntry>> chosen = new TreeMap<>();

  private Benchmarks(List<String> arguments) {
    this.arguments = new ArrayList<>(arguments);
  }

  /** Runs what the arguments choose and ends the process. */
  public static void main(String[] args) {
    int exit;
    try {
      exit = new Benchmarks(Arrays.asList(args)).run();
    } catch (CommandLineOptionException | IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.println("Try './octothorpe bench --help'.");
      exit = 2;
    } catch (IOException | RunnerException e) {
      System.err.println("bench: " + e.getMessage());
      exit = 1;
    }
    System.exit(exit);
  }

  private int run() throws IOException, RunnerException, CommandLineOptionException {
    @Nullable String format = take("-rf");
    @Nullable String file = take("-rff");
    CommandLineOptions options = new CommandLineOptions(arguments.toArray(String[]::new));
    choose(options);
    if (options.shouldList()) {
      chosen.values().forEach(group -> group.forEach(e -> System.out.println(e.getUsername())));
      return 0;
    }
    if (options.shouldListWithParams()
        || options.shouldListProfilers()
        || options.shouldListResultFormats()
        || options.shouldHelp()) {
      org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
      return 0;
    }
    @Nullable ResultFormatType type = format == null && file == null ? null : type(format);
    checkParameters();
    // Without the expressions of the user, to which those of the group would be added.
    List<String> rest = new ArrayList<>(arguments);
    options.getIncludes().forEach(rest::remove);
    CommandLineOptions parent = new CommandLineOptions(rest.toArray(String[]::new));
    List<RunResult> results = new ArrayList<>();
    for (Map.Entry<String, List<BenchmarkListEntry>> group : chosen.entrySet()) {
      OptionsBuilder builder = new OptionsBuilder();
      builder.parent(parent);
      for (BenchmarkListEntry entry : group.getValue()) {
        builder.include("^" + Pattern.quote(entry.getUsername()) + "$");
      }
      if (!options.getParameter("shape").hasValue() && hasShape(group.getValue())) {
        builder.param("shape", shapes(group.getKey()).toArray(String[]::new));
      }
      if (!options.shouldFailOnError().hasValue()) {
        builder.shouldFailOnError(true);
      }
      results.addAll(new Runner(builder.build()).run());
    }
    if (type != null) {
      String target = file != null ? file : "jmh-result." + type.name().toLowerCase(Locale.ROOT);
      ResultFormatFactory.getInstance(type, target).writeOut(results);
      System.out.println("results: " + target);
    }
    return 0;
  }

  private static boolean hasShape(List<BenchmarkListEntry> group) {
    return group.get(0).getParams().orElse(Map.of()).containsKey("shape");
  }

  /** Removes an option and returns its value; null if it is not there. */
  private @Nullable String take(String option) {
    int at = arguments.indexOf(option);
    if (at < 0) {
      return null;
    }
    if (at + 1 == arguments.size()) {
      throw new IllegalArgumentException(option + " is given without a value");
    }
    String value = arguments.get(at + 1);
    arguments.subList(at, at + 2).clear();
    return value;
  }

  private static ResultFormatType type(@Nullable String format) {
    for (ResultFormatType type : ResultFormatType.values()) {
      if (type.name().equalsIgnoreCase(format == null ? "csv" : format)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "-rf is '" + format + "', but must be one of: text, csv, scsv, json, latex");
  }

  /** Groups the benchmarks that the regular expressions match by their class. */
  private void choose(CommandLineOptions options) {
    for (BenchmarkListEntry entry :
        BenchmarkList.defaultList()
            .find(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                options.getIncludes(),
                options.getExcludes())) {
      String[] words = entry.getUsername().split("\\.", -1);
      chosen.computeIfAbsent(words[words.length - 2], name -> new ArrayList<>()).add(entry);
    }
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "no benchmark matches " + options.getIncludes() + "; ./octothorpe bench -l lists them");
    }
  }

  /** Refuses parameters that no chosen benchmark has, and shapes of the wrong form. */
  private void checkParameters() throws IOException {
    TreeSet<String> known = new TreeSet<>();
    chosen
        .values()
        .forEach(
            group ->
                group.forEach(entry -> known.addAll(entry.getParams().orElse(Map.of()).keySet())));
    for (int i = 0; i + 1 < arguments.size(); i++) {
      if (!arguments.get(i).equals("-p")) {
        continue;
      }
      String[] pair = arguments.get(i + 1).split("=", 2);
      if (!known.contains(pair[0])) {
        throw new IllegalArgumentException(
            "-p names '" + pair[0] + "', but the benchmarks chosen have the parameters " + known);
      }
      if (pair[0].equals("shape") && pair.length == 2) {
        for (Map.Entry<String, List<BenchmarkListEntry>> group : chosen.entrySet()) {
          for (String shape : hasShape(group.getValue()) ? pair[1].split(",", -1) : new String[0]) {
            checkShape(group.getKey(), shape);
          }
        }
      }
    }
  }

  private static void checkShape(String name, String shape) throws IOException {
    String example = shapes(name).get(0);
    int count = example.split("x", -1).length;
    if (!shape.matches("\\d{1,9}(x\\d{1,9}){" + (count - 1) + "}")) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "shape is '%s', but %s wants %d whole numbers, as in %s (%s explains them)",
              shape,
              name,
              count,
              example,
              file(name)));
    }
  }

  /** Returns the shapes of a benchmark class: those of GroupedConvBench are in grouped_conv.txt. */
  private static List<String> shapes(String name) throws IOException {
    return Files.readAllLines(file(name)).stream()
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> line.startsWith("layer"))
        .map(line -> line.replaceFirst("layer\\s+", "").replaceAll("\\s+", "x"))
        .toList();
  }

  private static Path file(String name) {
    String operation =
        name.replaceFirst("Bench$", "").replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    return ROOT.resolve("tests/shapes/" + operation + ".txt");
  }
}
