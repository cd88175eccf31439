package org.octothorpe.cli.train;

import java.nio.file.Path;

/**
 * The command that goes on with a run, as a user can type it.
 *
 * @param folder the run's
 */
record ResumeCommand(Path folder) {
  /** Returns the command. */
  @Override
  public String toString() {
    return with();
  }

  /** Returns the command with more options before {@code --out}. */
  String with(String... options) {
    String out = folder.toString();
    boolean plain = out.matches("[A-Za-z0-9_./-]+");
    return System.getProperty("octothorpe.command", "./octothorpe")
        + " train --resume "
        + (options.length == 0 ? "" : String.join(" ", options) + " ")
        + "--out "
        + (plain ? out : "'" + out.replace("'", "'\\''") + "'");
  }
}
