package org.octothorpe.cli.train;

/** The names of the files in the folder of a run. */
public final class RunFiles {
  /** The {@link TrainSettings}; the folder holds a run if this exists. */
  public static final String CONFIG = "config.json";

  /** The folder of the checkpoints. */
  public static final String CHECKPOINTS = "checkpoints";

  /** What leads to the newest checkpoint: a link, or a file that names it. */
  public static final String LATEST = "latest";

  /** The state of the training in a checkpoint. */
  static final String STATE = "state.json";

  /** The tags, in the order of their class ids. */
  public static final String VOCABULARY = "vocabulary.txt";

  /** The images that the run is trained on. */
  static final String DATA = "data.tsv.gz";

  /** The plot of the loss. */
  public static final String LOSS_PLOT = "loss.png";

  /** The images that cannot be used. */
  static final String BAD = "bad.txt";

  private RunFiles() {}
}
