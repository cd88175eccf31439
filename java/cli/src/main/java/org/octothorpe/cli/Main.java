package org.octothorpe.cli;

import java.io.UncheckedIOException;
import java.util.Locale;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.Failures;
import org.octothorpe.cli.common.StandardOutput;
import org.octothorpe.cli.curate.CurateCommand;
import org.octothorpe.cli.curate.ExplainCommand;
import org.octothorpe.cli.curate.IndexCommand;
import org.octothorpe.cli.curate.RowsCommand;
import org.octothorpe.cli.demo.DemoCommand;
import org.octothorpe.cli.doctor.DoctorCommand;
import org.octothorpe.cli.duplicates.DedupCommand;
import org.octothorpe.cli.evaluate.EvalCommand;
import org.octothorpe.cli.evaluate.ProbeCommand;
import org.octothorpe.cli.kernels.KernelsCommand;
import org.octothorpe.cli.train.TrainCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParseResult;

/** The {@code octothorpe} command: one verb per task. */
@Command(
    name = "octothorpe",
    description = {
      "Pretrains ResNeXt networks on hashtagged images, and measures what they learned."
    },
    footer = {
      "  octothorpe demo          a network learns from hashtags in a few minutes",
      "  octothorpe doctor        what this machine has, and what is missing",
      "  octothorpe VERB --help   what a verb does, with examples"
    },
    versionProvider = Version.class,
    subcommands = {
      DemoCommand.class,
      CurateCommand.class,
      RowsCommand.class,
      TrainCommand.class,
      EvalCommand.class,
      ProbeCommand.class,
      DedupCommand.class,
      IndexCommand.class,
      ExplainCommand.class,
      KernelsCommand.class,
      DoctorCommand.class
    })
public final class Main {
  @Mixin CommonOptions common = new CommonOptions();

  @CommandLine.Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  Main() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    run(args);
  }

  /**
   * Runs the command and ends the process with its exit code.
   *
   * @param more verbs beside its own, for the tools of developers
   */
  public static void run(String[] args, Object... more) {
    System.setProperty("java.awt.headless", "true");
    Locale.setDefault(Locale.ROOT); // picocli, plots and logs format by the default
    // One line per warning; what java.util.logging prints by default takes two.
    System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s: %5$s%6$s%n");
    QuietVersionCheck.run();
    try {
      System.exit(commandLine(more).setOut(StandardOutput.open()).execute(args));
    } catch (OutOfMemoryError e) {
      System.err.printf(
          Locale.ROOT,
          "octothorpe: a Java heap of %,d MiB is too small: OCTOTHORPE_JAVA_OPTS=-Xmx8g gives"
              + " more%n",
          Runtime.getRuntime().maxMemory() >> 20);
      System.exit(CommandLine.ExitCode.SOFTWARE);
    }
  }

  /**
   * Returns the command with all its verbs.
   *
   * @param more verbs beside its own
   */
  public static CommandLine commandLine(Object... more) {
    Failures failures = new Failures();
    CommandLine command = new CommandLine(new Main());
    for (Object verb : more) {
      command.addSubcommand(verb);
    }
    return command
        .setExecutionStrategy(Main::run)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setUnmatchedOptionsAllowedAsOptionParameters(false)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures);
  }

  /** Runs the verb; what it printed has reached the standard output when it returns. */
  private static int run(ParseResult parsed) {
    CommandLine command = parsed.commandSpec().commandLine();
    try {
      int exit = new CommandLine.RunLast().execute(parsed);
      command.getOut().flush();
      return exit;
    } catch (UncheckedIOException e) { // of the help, which picocli prints by itself
      throw new ExecutionException(command, String.valueOf(e.getMessage()), e);
    }
  }
}
