"""``evsys show``: logs in the terminal, as a page and as a picture.

::

    command         the arguments, and which of the outputs is asked for
    runs            what a source holds
    scanning        the rows of a source as curves, in one pass
    collecting      the values of rows, gathered into curves
    downsampling    a curve as a bounded number of points
    following       runs that are still written
    selecting       the metrics that are asked for
    tables          runs in the terminal
    metrics_table   their metrics, as wide as the terminal allows
    charts          runs as charts, for the page and the picture
    scales          how a chart is drawn at first
    page            the charts as an HTML page, with the files of html/
    picture         the charts as a picture
    fonts           text that a picture can show
"""
