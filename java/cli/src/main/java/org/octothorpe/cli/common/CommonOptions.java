package org.octothorpe.cli.common;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Options that every verb has. */
@Command(
    synopsisHeading = "%nUsage: ",
    descriptionHeading = "%n",
    parameterListHeading = "%nParameters:%n",
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; one line on the error stream says why",
      "2:wrong usage: an unknown option, or a value that it cannot have",
      "130:interrupted by Ctrl-C; train has written a checkpoint"
    },
    usageHelpWidth = 100,
    sortOptions = false,
    showDefaultValues = false)
public final class CommonOptions {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(names = "--stacktrace", description = "Show where in the program a failure came from.")
  boolean stacktrace;
}
