package org.octothorpe.cli.train;

import java.nio.file.Path;

/**
 * The commands with which a user goes on with a run, or uses it, as they can be typed.
 *
 * @param folder the run's
 */
record RunCommands(Path folder) {
  /** Returns the command that continues the run, with more options before {@code --out}. */
  String resume(String... options) {
    return command()
        + " train --resume "
        + (options.length == 0 ? "" : String.join(" ", options) + " ")
        + "--out "
        + quoted(folder);
  }

  /** Returns the command that measures the network of the run, but for the data. */
  String evaluate() {
    return command() + " eval --checkpoint " + quoted(folder.resolve("latest")) + " --data ...";
  }

  private static String command() {
    return System.getProperty("octothorpe.command", "./octothorpe");
  }

  private static String quoted(Path path) {
    String text = path.toString();
    boolean plain = text.matches("[A-Za-z0-9_./-]+");
    return plain ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
