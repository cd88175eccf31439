package org.octothorpe.cli.train;

import java.nio.file.Path;

/**
 * The commands with which a user continues a run, or uses it, as they can be typed.
 *
 * @param program how this program was called
 * @param folder the run's
 */
record RunCommands(String program, Path folder) {
  /** Makes the commands of a run. */
  RunCommands(Path folder) {
    this(System.getProperty("octothorpe.command", "./octothorpe"), folder);
  }

  /** Returns the command that continues the run, with more options before {@code --out}. */
  String resume(String... options) {
    return quoted(program)
        + " train --resume "
        + (options.length == 0 ? "" : String.join(" ", options) + " ")
        + "--out "
        + quoted(folder.toString());
  }

  /** Returns the command that measures the network of the run, but for the data. */
  String evaluate() {
    return quoted(program)
        + " eval --checkpoint "
        + quoted(folder.resolve(RunFiles.LATEST).toString())
        + " --data ...";
  }

  private static String quoted(String text) {
    boolean plain = text.matches("[A-Za-z0-9_./-]+");
    return plain ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
