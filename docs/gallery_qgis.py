"""Draw the project of a plan as QGIS shows it; run by the Python that QGIS comes with.

``python3 docs/gallery_qgis.py OUT PICTURE``.
"""

import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def draw(out: Path, picture: Path) -> None:
    """Draw the visible layers, with room around for the labels."""
    project = QgsProject.instance()
    project.read(str(out / "plan.qgz"))
    root = project.layerTreeRoot()
    layers = [
        layer
        for layer in root.layerOrder()
        if root.findLayer(layer.id()).isVisible() and layer.isSpatial()
    ]
    extent = project.viewSettings().defaultViewExtent()
    extent.scale(1.12)
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(1000, 760))
    settings.setBackgroundColor(QColor("white"))
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layers[0]))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(picture))


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # QGIS tears down in an order that may crash
