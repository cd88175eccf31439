package org.octothorpe.replay;

import org.octothorpe.cli.Main;
import picocli.CommandLine;

/** The {@code octothorpe} command with the verb {@code replay}, which is a developer's. */
public final class Replay {
  private Replay() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    Main.run(args, new ReplayCommand());
  }

  /** Returns the command with all its verbs. */
  static CommandLine commandLine() {
    return Main.commandLine(new ReplayCommand());
  }
}
